#include "triage/fault_description.h"

#include "triage/exception_catalogue.h"
#include "triage/fast_fail_catalogue.h"
#include "triage/hex.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace catcher {

namespace {

using Parameters = std::span<const std::uint64_t>;

// The numbers of ExceptionInformation[0] for faults of memory access.
constexpr std::uint64_t kReadFault = 0;
constexpr std::uint64_t kWriteFault = 1;
constexpr std::uint64_t kExecuteFault = 8;

// What x64 processors report when the address is not canonical: they do not tell which it was.
constexpr Address kNoAddress{std::numeric_limits<std::uint64_t>::max()};

std::string access_text(AccessOperation operation, Address target) {
  switch (operation) {
    case AccessOperation::kRead:
      return "read from " + hex_value(target.value);
    case AccessOperation::kWrite:
      return "write to " + hex_value(target.value);
    case AccessOperation::kExecute:
      return "execute at " + hex_value(target.value);
  }
  return {};
}

FaultDescription describe_access(Address address, Parameters parameters) {
  if (parameters.size() < 2) {
    return {};
  }
  const Address target{parameters[1]};
  switch (parameters[0]) {
    case kReadFault:
      if (target == kNoAddress) {
        return {AccessOperation::kRead, target,
                "access to a non-canonical address (the processor does not tell which)"};
      }
      if (target == address) {
        return {AccessOperation::kExecute, target, access_text(AccessOperation::kExecute, target)};
      }
      return {AccessOperation::kRead, target, access_text(AccessOperation::kRead, target)};
    case kWriteFault:
      return {AccessOperation::kWrite, target, access_text(AccessOperation::kWrite, target)};
    case kExecuteFault:
      return {AccessOperation::kExecute, target,
              access_text(AccessOperation::kExecute, target) + " (data execution prevention)"};
    default:
      return {std::nullopt, target,
              fmt::format("access of unknown kind {} to {}", parameters[0], hex_value(target.value))};
  }
}

FaultDescription describe_in_page_error(Address address, Parameters parameters) {
  FaultDescription fault = describe_access(address, parameters);
  if (parameters.size() >= 3) {
    const auto status = static_cast<std::uint32_t>(parameters[2]);
    const auto name = status_name(status);
    fault.detail += fmt::format("{}the page could not be read: {}", fault.detail.empty() ? "" : ", ",
                                name ? std::string(*name) : hex_code(status));
  }
  return fault;
}

FaultDescription describe_fast_fail(Address, Parameters parameters) {
  if (parameters.empty()) {
    return {};
  }
  const FastFailRow* row = find_fast_fail(parameters[0]);
  std::string detail = fast_fail_name(parameters[0]);
  if (row != nullptr && !row->meaning.empty()) {
    detail += fmt::format(" ({})", row->meaning);
  }
  return {std::nullopt, std::nullopt, std::move(detail)};
}

// "prefix 0x…" for the parameter with this index; nothing where it is missing or null.
FaultDescription describe_parameter(Parameters parameters, std::size_t index, std::string_view prefix) {
  if (parameters.size() <= index || parameters[index] == 0) {
    return {};
  }
  return {std::nullopt, std::nullopt, fmt::format("{} {}", prefix, hex_value(parameters[index]))};
}

FaultDescription describe_heap_corruption(Address, Parameters parameters) {
  return describe_parameter(parameters, 0, "heap failure information at");
}

FaultDescription describe_deadlock(Address, Parameters parameters) {
  return describe_parameter(parameters, 0, "critical section");
}

FaultDescription describe_verifier_stop(Address, Parameters parameters) {
  return describe_parameter(parameters, 0, "stop code");
}

FaultDescription describe_hresult(Address, Parameters parameters) {
  if (parameters.empty()) {
    return {};
  }
  return {std::nullopt, std::nullopt, "HRESULT " + hex_code(static_cast<std::uint32_t>(parameters[0]))};
}

// {magic, object, ThrowInfo[, image base]}
FaultDescription describe_msvc_throw(Address, Parameters parameters) {
  if (parameters.size() >= 3 && parameters[1] == 0 && parameters[2] == 0) {
    return {std::nullopt, std::nullopt, "C++ exception, thrown again"};
  }
  FaultDescription fault = describe_parameter(parameters, 1, "C++ exception object at");
  return fault.detail.empty() ? FaultDescription{std::nullopt, std::nullopt, "C++ exception"} : fault;
}

FaultDescription describe_gcc_throw(Address, Parameters parameters) {
  FaultDescription fault = describe_parameter(parameters, 0, "C++ exception object at");
  return fault.detail.empty() ? FaultDescription{std::nullopt, std::nullopt, "C++ exception"} : fault;
}

struct Decoder {
  std::uint32_t code;
  FaultDescription (*describe)(Address, Parameters);
};

constexpr std::array kDecoders = {
    Decoder{0xC0000005, describe_access},           // access violation
    Decoder{0x80000001, describe_access},           // guard page
    Decoder{0xC00000FD, describe_access},           // stack overflow
    Decoder{0xC0000006, describe_in_page_error},    //
    Decoder{0xC0000409, describe_fast_fail},        //
    Decoder{0xC0000374, describe_heap_corruption},  //
    Decoder{0xC0000194, describe_deadlock},         //
    Decoder{0xC0000421, describe_verifier_stop},    //
    Decoder{0xE0434352, describe_hresult},          // CLR
    Decoder{0xE0434F4D, describe_hresult},          // CLR 1 and 2
    Decoder{0x40080201, describe_hresult},          // Windows Runtime
    Decoder{0xE06D7363, describe_msvc_throw},       //
    Decoder{0x20474343, describe_gcc_throw},        //
};

}  // namespace

FaultDescription describe_fault(std::uint32_t code, Address address, std::span<const std::uint64_t> parameters) {
  const auto decoder = std::ranges::find(kDecoders, code, &Decoder::code);
  return decoder == kDecoders.end() ? FaultDescription{} : decoder->describe(address, parameters);
}

ExceptionInfo with_description(ExceptionInfo exception) {
  FaultDescription fault = describe_fault(exception.code, exception.address, exception.parameters);
  exception.name = exception_name(exception.code);
  exception.operation = fault.operation;
  exception.target = fault.target;
  exception.detail = std::move(fault.detail);
  return exception;
}

std::string describe_place(const ExceptionInfo& exception) {
  if (exception.module.empty()) {
    return hex_value(exception.address.value);
  }
  return fmt::format("{}+{}", exception.module, hex_value(exception.offset));
}

}  // namespace catcher
