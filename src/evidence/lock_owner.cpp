#include "evidence/lock_owner.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <vector>

namespace catcher {
namespace {

constexpr std::size_t kStackBytes = 2048;  // the wait functions' own frames

// RTL_CRITICAL_SECTION of winnt.h, both widths brought to one.
struct Section {
  std::uint64_t debug_info;
  std::int32_t lock_count;
  std::int32_t recursion_count;
  std::uint64_t owner;
};

template <typename T>
T from_bytes(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<Section> read_section(const MemoryReader& memory, Address at, bool is_64_bit) {
  std::array<std::byte, 24> bytes{};
  const std::size_t size = is_64_bit ? 24 : 16;
  if (memory.read(at, {bytes.data(), size}) != size) {
    return std::nullopt;
  }
  if (is_64_bit) {
    return Section{from_bytes<std::uint64_t>(bytes, 0), from_bytes<std::int32_t>(bytes, 8),
                   from_bytes<std::int32_t>(bytes, 12), from_bytes<std::uint64_t>(bytes, 16)};
  }
  return Section{from_bytes<std::uint32_t>(bytes, 0), from_bytes<std::int32_t>(bytes, 4),
                 from_bytes<std::int32_t>(bytes, 8), from_bytes<std::uint32_t>(bytes, 12)};
}

// RTL_CRITICAL_SECTION_DEBUG points back at its section.
bool is_registered(const MemoryReader& memory, const Section& section, Address at, bool is_64_bit) {
  if (is_64_bit) {
    return read_value<std::uint64_t>(memory, Address{section.debug_info} + 8) == at.value;
  }
  return read_value<std::uint32_t>(memory, Address{section.debug_info} + 4) == static_cast<std::uint32_t>(at.value);
}

// Registers first, then the stack upwards: the innermost mention is the awaited one, older ones may be locks that the
// thread holds.
std::vector<Address> candidates(const MemoryReader& memory, const Registers& registers) {
  const std::size_t width = registers.is_64_bit ? 8 : 4;
  const std::uint64_t highest = registers.is_64_bit ? 0x7FFF'FFFF'FFFF : 0xFFFF'FFFF;
  std::vector<Address> found;
  std::set<Address> known;
  const auto add = [&](std::uint64_t value) {
    if (value >= 0x10000 && value <= highest && value % width == 0 && known.insert({value}).second) {
      found.push_back({value});
    }
  };
  std::for_each(registers.general.begin(), registers.general.end(), add);
  std::vector<std::byte> stack(kStackBytes);
  stack.resize(memory.read({registers.sp()}, stack));
  for (std::size_t i = 0; i + width <= stack.size(); i += width) {
    add(width == 8 ? from_bytes<std::uint64_t>(stack, i) : from_bytes<std::uint32_t>(stack, i));
  }
  return found;
}

}  // namespace

std::optional<AwaitedSection> find_awaited_section(const MemoryReader& memory, const Registers& registers,
                                                   std::uint32_t tid, std::span<const std::uint32_t> tids) {
  for (const Address at : candidates(memory, registers)) {
    const auto section = read_section(memory, at, registers.is_64_bit);
    constexpr std::int32_t kMostRecursions = 100'000;
    constexpr std::int32_t kFree = -1;
    if (!section || section->lock_count == kFree || section->recursion_count < 1 ||
        section->recursion_count > kMostRecursions || section->owner == 0 || section->owner > 0xFFFFFFFF ||
        section->owner == tid) {
      continue;
    }
    const auto owner = static_cast<std::uint32_t>(section->owner);
    const std::uint64_t none = registers.is_64_bit ? ~0ULL : 0xFFFFFFFFULL;  // initialised without debug information
    const bool registered = is_registered(memory, *section, at, registers.is_64_bit);
    const bool alive = std::find(tids.begin(), tids.end(), owner) != tids.end();
    const bool plain = section->debug_info == none || section->debug_info == 0;
    if (registered || (alive && plain)) {
      return AwaitedSection{at, owner};
    }
  }
  return std::nullopt;
}

}  // namespace catcher
