#include "evidence/cxx_exception_msvc.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "evidence/cxx_exception_text.h"
#include "evidence/msvc_type_name.h"

namespace catcher {
namespace {

constexpr std::uint64_t kOldestMagic = 0x19930520;
constexpr std::uint64_t kNewestMagic = 0x19930522;
constexpr std::size_t kLongestName = 2048;
constexpr std::uint32_t kMostCatchableTypes = 64;

// One type as which the thrown object may be caught; the first is its own.
struct CatchableType {
  std::string name;             // decorated: ".?AVexception@std@@"
  std::int32_t member = 0;      // offset of the base in the object
  std::int32_t vbtable = -1;    // offset of the pointer to the table of virtual bases; -1: not a virtual base
  std::int32_t in_vbtable = 0;  // where in that table the base's offset stands
};

struct Throw {
  const MemoryReader& memory;
  Address object;
  Address throw_info;
  Address image_base;  // what the relative addresses count from; 0 on x86, where they are absolute
  bool is_64_bit;

  // Follows one of the 32-bit references in the tables; null stays null.
  Address reference_at(Address at) const {
    const std::uint32_t value = read_value<std::uint32_t>(memory, at).value_or(0);
    return value == 0 ? Address{} : image_base + value;
  }
};

std::optional<Throw> read_parameters(const MemoryReader& memory, std::span<const std::uint64_t> parameters,
                                     bool is_64_bit) {
  if (parameters.size() < (is_64_bit ? 4U : 3U) || parameters[0] < kOldestMagic || parameters[0] > kNewestMagic) {
    return std::nullopt;
  }
  // A record of a 32-bit debuggee is widened on its way to a 64-bit debugger.
  const std::uint64_t mask = is_64_bit ? ~0ULL : 0xFFFFFFFFULL;
  return Throw{memory, {parameters[1] & mask}, {parameters[2] & mask}, {is_64_bit ? parameters[3] : 0}, is_64_bit};
}

std::optional<CatchableType> read_catchable_type(const Throw& thrown, Address at) {
  const Address descriptor = thrown.reference_at(at + 4);
  if (!at || !descriptor) {
    return std::nullopt;
  }
  CatchableType type;
  type.name = read_text(thrown.memory, descriptor + (thrown.is_64_bit ? 16U : 8U), kLongestName);
  type.member = read_value<std::int32_t>(thrown.memory, at + 8).value_or(0);
  type.vbtable = read_value<std::int32_t>(thrown.memory, at + 12).value_or(-1);
  type.in_vbtable = read_value<std::int32_t>(thrown.memory, at + 16).value_or(0);
  return type;
}

Address plus(Address address, std::int32_t offset) {
  return address + static_cast<std::uint64_t>(std::int64_t{offset});
}

// Where in the thrown object the base lies.
Address adjust(const Throw& thrown, const CatchableType& type) {
  Address base = plus(thrown.object, type.member);
  if (type.vbtable >= 0) {
    const Address slot = plus(thrown.object, type.vbtable);
    const Address table = read_address(thrown.memory, slot, thrown.is_64_bit);
    const auto offset = read_value<std::int32_t>(thrown.memory, plus(table, type.in_vbtable));
    base = plus(plus(base, type.vbtable), offset.value_or(0));
  }
  return base;
}

// What the object says as the type: std::exception keeps a pointer to its text behind the vtable pointer; a char* is
// its own text.
std::optional<std::string> text_of(const Throw& thrown, const CatchableType& type) {
  const std::uint64_t width = thrown.is_64_bit ? 8 : 4;
  if (type.name == ".?AVexception@std@@") {
    return read_message(thrown.memory, read_address(thrown.memory, adjust(thrown, type) + width, thrown.is_64_bit));
  }
  constexpr std::string_view kCharPointers[] = {".PEBD", ".PEAD", ".PBD", ".PAD"};
  if (std::find(std::begin(kCharPointers), std::end(kCharPointers), type.name) != std::end(kCharPointers)) {
    return read_message(thrown.memory, read_address(thrown.memory, thrown.object, thrown.is_64_bit));
  }
  if (type.name == ".H" || type.name == ".J") {  // int, long
    const auto value = read_value<std::int32_t>(thrown.memory, thrown.object);
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<CxxException> decode_msvc_exception(const MemoryReader& memory, std::span<const std::uint64_t> parameters,
                                                  bool is_64_bit) {
  const auto thrown = read_parameters(memory, parameters, is_64_bit);
  if (!thrown || !thrown->throw_info) {
    return std::nullopt;
  }
  const Address array = thrown->reference_at(thrown->throw_info + 12);
  const std::uint32_t count = std::min(read_value<std::uint32_t>(memory, array).value_or(0), kMostCatchableTypes);
  CxxException exception;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto type = read_catchable_type(*thrown, thrown->reference_at(array + 4 + std::uint64_t{i} * 4));
    if (!type) {
      break;
    }
    if (i == 0) {
      exception.type = readable_msvc_type(type->name);
    }
    if (const auto text = text_of(*thrown, *type)) {
      exception.what = *text;
      break;
    }
  }
  return exception.type.empty() ? std::nullopt : std::optional(exception);
}

}  // namespace catcher
