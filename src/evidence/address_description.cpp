#include "evidence/address_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace catcher {
namespace {

constexpr std::uint64_t kNullPages = 0x10000;  // the OS never maps anything into the first 64 KiB
constexpr std::uint64_t kNearStack = 0x10000;
constexpr std::uint64_t kFillSlack = 0x1000;  // a field's offset in the object whose pointer was a fill

struct Fill {
  std::uint32_t pattern;
  std::string_view meaning;
};

// Fills that Microsoft's heap, debug C runtime and compiler write, and the ones of page heap and of Wine's heap
// checking.
constexpr std::array<Fill, 13> kFills{{
    {0xFEEEFEEE, "memory that HeapFree has freed"},
    {0xDDDDDDDD, "memory that the debug C runtime has freed"},
    {0xCDCDCDCD, "heap memory of the debug C runtime that was never written"},
    {0xCCCCCCCC, "stack memory that was never written (/RTC, /GZ)"},
    {0xFDFDFDFD, "the guard bytes around a block of the debug C runtime"},
    {0xABABABAB, "the guard bytes behind a HeapAlloc block"},
    {0xBAADF00D, "heap memory of HeapAlloc that was never written"},
    {0xF0F0F0F0, "memory that page heap has freed"},
    {0xC0C0C0C0, "heap memory under page heap that was never written"},
    {0xD0D0D0D0, "the padding of a block under page heap"},
    {0x55555555, "heap memory that was never written"},
    {0xEEEEEEEE, "heap memory that was freed"},
    {0xDEADBEEF, "a value that programs write to mark memory as dead"},
}};

bool is_canonical(Address address) {
  const std::uint64_t high = address.value >> 47U;
  return high == 0 || high == 0x1FFFF;
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return std::min(a - b, b - a);
}

std::string protection_of(const MemoryRegion& region) {
  std::string text;
  const auto add = [&text](bool has, std::string_view word) {
    if (has) {
      text += (text.empty() ? "" : ", ") + std::string(word);
    }
  };
  add(region.readable, "read");
  add(region.writable, "write");
  add(region.executable, "execute");
  add(region.guard, "guard page");
  return text.empty() ? "no access" : text;
}

std::string size_in_words(std::uint64_t bytes) {
  return bytes < 0x10000 ? fmt::format("{} bytes", bytes) : fmt::format("{} KiB", bytes / 1024);
}

// "inside the stack of thread 268", or how near to it; nothing where no stack is near.
std::optional<std::string> describe_stack(Address address, const AddressSpace& space,
                                          const std::optional<MemoryRegion>& region) {
  for (const ThreadStack& stack : space.stacks) {
    const auto words = [&](std::string_view where) {
      return fmt::format("{} the stack of thread {}{}", where, stack.tid,
                         region && region->guard ? " (guard page)" : "");
    };
    if (address >= stack.limit && address < stack.base) {
      return words("in");
    }
    if (address >= stack.reserve && address < stack.limit) {
      return words(fmt::format("{} below the committed part of", size_in_words(stack.limit - address)));
    }
    if (address < stack.reserve && stack.reserve - address <= kNearStack) {
      return words(fmt::format("{} below the end of", size_in_words(stack.reserve - address)));
    }
    if (address >= stack.base && address - stack.base < 16) {
      return words("just above");
    }
  }
  return std::nullopt;
}

// The section of an image that an RVA lies in. The headers are the debuggee's and may say anything.
std::string section_of(const MemoryReader& memory, Address base, std::uint64_t rva) {
  constexpr std::uint64_t kSectionSize = 40;
  constexpr std::uint32_t kMostSections = 96;  // the loader's own limit
  const auto new_header = read_value<std::uint32_t>(memory, base + 0x3C);
  if (!new_header || *new_header > 0x10000) {
    return {};
  }
  const Address header = base + *new_header;
  const auto count = read_value<std::uint16_t>(memory, header + 6);
  const auto optional_size = read_value<std::uint16_t>(memory, header + 20);
  if (!count || !optional_size) {
    return {};
  }
  const Address table = header + 24 + *optional_size;
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(*count, kMostSections); ++i) {
    const Address section = table + i * kSectionSize;
    const auto name = read_value<std::array<char, 8>>(memory, section);
    const auto size = read_value<std::uint32_t>(memory, section + 8);
    const auto start = read_value<std::uint32_t>(memory, section + 12);
    if (!name || !size || !start) {
      return {};
    }
    if (rva - *start < *size) {
      std::string text(name->begin(), std::find(name->begin(), name->end(), '\0'));
      std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
      return text;
    }
  }
  return rva < 0x1000 ? "headers" : "";
}

std::string describe_image(Address address, const AddressSpace& space, const MemoryRegion& region) {
  const Module* module = nullptr;
  for (const Module& candidate : space.modules) {
    module = candidate.contains(address) ? &candidate : module;
  }
  if (module == nullptr) {
    const std::string file = space.map.mapped_file(address);
    return fmt::format("image {}+0x{:x}, not a loaded module ({})", file.empty() ? "of unknown name" : file,
                       address - region.allocation_base, protection_of(region));
  }
  const std::uint64_t offset = address - module->base;
  const std::string section = section_of(space.memory, module->base, offset);
  return fmt::format("{}+0x{:x}{} ({})", module->name.empty() ? "unnamed module" : module->name, offset,
                     section.empty() ? "" : ", section " + section, protection_of(region));
}

// _HEAP and _HEAP_SEGMENT carry their signature at the same place, behind the first heap entry; so does the segment
// heap.
bool is_heap(const AddressSpace& space, Address allocation) {
  const auto signature = read_value<std::uint32_t>(space.memory, allocation + (space.is_64_bit ? 0x10U : 0x08U));
  return signature && (*signature == 0xFFEEFFEE || *signature == 0xDDEEDDEE);
}

std::string describe_committed(Address address, const AddressSpace& space, const MemoryRegion& region) {
  const std::string protection = protection_of(region);
  if (region.type == RegionType::kMapped) {
    const std::string file = space.map.mapped_file(address);
    return file.empty() ? fmt::format("shared memory ({})", protection)
                        : fmt::format("mapped file {}+0x{:x} ({})", file, address - region.allocation_base, protection);
  }
  if (is_heap(space, region.allocation_base)) {
    return fmt::format("heap memory ({})", protection);
  }
  return fmt::format("private memory ({})", protection);
}

std::string describe_region(Address address, const AddressSpace& space, const std::optional<MemoryRegion>& region) {
  if (!region) {
    return "outside the address space of a process";
  }
  switch (region->state) {
    case RegionState::kFree:
      return "free memory";
    case RegionState::kReserved:
      return is_heap(space, region->allocation_base) ? "heap memory that is reserved only"
                                                     : "memory that is reserved only";
    case RegionState::kCommitted:
      break;
  }
  return region->type == RegionType::kImage ? describe_image(address, space, *region)
                                            : describe_committed(address, space, *region);
}

}  // namespace

std::string describe_address(Address address, const AddressSpace& space) {
  if (address.value < kNullPages) {
    return address.value == 0 ? "null pointer" : fmt::format("null page: null pointer + 0x{:x}", address.value);
  }
  const std::uint64_t below_null = (space.is_64_bit ? 0ULL : 0x1'0000'0000ULL) - address.value;
  std::string text;
  if (space.is_64_bit && address.value == ~0ULL) {
    text = "no address: the processor gives none for a non-canonical or misaligned access, and this is where -1 points";
  } else if (below_null <= kNullPages) {
    text = fmt::format("null pointer - 0x{:x}", below_null);
  } else if (space.is_64_bit && !is_canonical(address)) {
    text = "not a canonical address";
  } else {
    const auto region = space.map.region_at(address);
    const auto stack = describe_stack(address, space, region);
    text = stack ? *stack : describe_region(address, space, region);
  }
  const auto fill = describe_fill(address.value, space.is_64_bit);
  return fill ? text + "; looks like " + *fill : text;
}

std::optional<std::string> describe_fill(std::uint64_t value, bool is_64_bit) {
  for (const Fill& fill : kFills) {
    const std::uint64_t doubled = fill.pattern | (std::uint64_t{fill.pattern} << 32U);
    const bool same = distance(value, is_64_bit ? doubled : fill.pattern) < kFillSlack ||
                      (is_64_bit && distance(value, fill.pattern) < kFillSlack);
    if (same) {
      return fmt::format("0x{:X}, the fill of {}", fill.pattern, fill.meaning);
    }
  }
  return std::nullopt;
}

std::vector<std::string> describe_filled_registers(const Registers& registers) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : named_registers(registers)) {
    const auto fill = describe_fill(value, registers.is_64_bit);
    if (fill && name.size() <= 3) {
      lines.push_back(fmt::format("{} = 0x{:x}: looks like {}", name, value, *fill));
    }
  }
  return lines;
}

}  // namespace catcher
