#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace catcher {

// What the parameters of an EXCEPTION_RECORD say about a fault.
struct FaultDescription {
  std::optional<AccessOperation> operation;  // for faults that are an access to memory
  std::optional<Address> target;             // the address that could not be accessed
  std::string detail;                        // in words: "write to 0x0", "FAST_FAIL_FATAL_APP_EXIT (…)"; may be empty
};

// Decodes the parameters of one exception. `address` is where it was raised: a read there is the processor fetching the
// instruction. The parameters are a debuggee's: any number of them with any values is taken.
FaultDescription describe_fault(std::uint32_t code, Address address, std::span<const std::uint64_t> parameters);

// The exception with its name, operation, target and detail filled in from its code, address and parameters.
ExceptionInfo with_description(ExceptionInfo exception);

// "crash_test.exe+0x1530", or the address where it lies in no module.
std::string describe_place(const ExceptionInfo& exception);

}  // namespace catcher
