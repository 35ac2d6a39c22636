#include "evidence/dwarf_index.h"

#include <dwarf.h>

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint16_t kArangesVersion = 2;  // in every version of DWARF
constexpr std::uint32_t kIs64BitDwarf = 0xFFFFFFFF;
constexpr std::size_t kMaxOverlap = 16;  // ranges do not overlap, unless a linker folded functions

template <typename Entry>
void sort_by_low(std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.range.low < b.range.low; });
}

std::optional<std::uint64_t> unsigned_at(Bytes bytes, std::uint64_t at, std::size_t size) {
  if (size == 8) {
    return value_at<std::uint64_t>(bytes, at);
  }
  const auto value = value_at<std::uint32_t>(bytes, at);
  return value ? std::optional<std::uint64_t>(*value) : std::nullopt;
}

// The first entry of the unit whose header is at `at`: behind the header, whose size depends on version, format and
// kind.
std::optional<std::uint64_t> die_of_unit(Bytes info, std::uint64_t at) {
  const bool is_64_bit = value_at<std::uint32_t>(info, at) == kIs64BitDwarf;
  const std::uint64_t version_at = at + (is_64_bit ? 12 : 4);
  const auto version = value_at<std::uint16_t>(info, version_at);
  if (!version || *version < 2 || *version > 5) {
    return std::nullopt;
  }
  const std::uint64_t abbreviations = is_64_bit ? 8 : 4;
  if (*version < 5) {
    return version_at + 2 + abbreviations + 1;
  }
  const auto kind = value_at<std::uint8_t>(info, version_at + 2);
  const bool has_id = kind == DW_UT_skeleton || kind == DW_UT_split_compile;
  return version_at + 4 + abbreviations + (has_id ? 8 : 0);
}

}  // namespace

DwarfIndex::DwarfIndex(const DwarfObject& object, DwarfRange image, SymbolBudget& budget)
    : object_(&object), image_(image) {
  read_aranges(budget);
}

void DwarfIndex::add(std::vector<Entry>& entries, DwarfRange range, std::uint64_t unit) const {
  if (range.low >= image_.low && range.high <= image_.high && range.low < range.high) {
    entries.push_back({range, unit});
  }
}

void DwarfIndex::read_aranges(SymbolBudget& budget) {
  const Bytes section = object_->section(".debug_aranges");
  std::optional<std::uint64_t> at = 0;
  while (at && *at < section.size() && budget.spend()) {
    at = read_set(section, *at, budget);
  }
  sort_by_low(aranges_);
}

std::optional<std::uint64_t> DwarfIndex::read_set(Bytes section, std::uint64_t at, SymbolBudget& budget) {
  const std::uint64_t start = at;
  const std::size_t offset_size = value_at<std::uint32_t>(section, at) == kIs64BitDwarf ? 8 : 4;
  const auto length = unsigned_at(section, offset_size == 8 ? at + 4 : at, offset_size);
  at += offset_size == 8 ? 12 : 4;
  if (!length || *length == 0 || at > section.size() || *length > section.size() - at) {
    return std::nullopt;
  }
  const std::uint64_t end = at + *length;
  const Bytes set = slice(section, 0, end);
  const auto version = value_at<std::uint16_t>(set, at);
  const auto unit = unsigned_at(set, at + 2, offset_size);
  const auto address_size = value_at<std::uint8_t>(set, at + 2 + offset_size);
  at += 4 + offset_size;
  const bool is_readable = version == kArangesVersion && unit && (address_size == 4 || address_size == 8);
  if (!is_readable) {
    return end;
  }
  const std::uint64_t pair = 2 * std::uint64_t{*address_size};
  at = start + (at - start + pair - 1) / pair * pair;
  for (; at + pair <= end && budget.spend(); at += pair) {
    const auto low = unsigned_at(set, at, *address_size);
    const auto size = unsigned_at(set, at + *address_size, *address_size);
    if (!low || !size || (*low == 0 && *size == 0)) {
      break;
    }
    add(aranges_, {*low, *low + *size}, *unit);
  }
  return end;
}

void DwarfIndex::read_units(SymbolBudget& budget) {
  DwarfError error(object_->debug());
  while (budget.spend(16)) {
    Dwarf_Die die = nullptr;
    Dwarf_Unsigned header_length = 0;
    Dwarf_Half version = 0;
    Dwarf_Off abbreviations = 0;
    Dwarf_Half address_size = 0;
    Dwarf_Half length_size = 0;
    Dwarf_Half extension_size = 0;
    Dwarf_Sig8 signature{};
    Dwarf_Unsigned type_offset = 0;
    Dwarf_Unsigned next = 0;
    Dwarf_Half unit_type = 0;
    if (dwarf_next_cu_header_e(object_->debug(), true, &die, &header_length, &version, &abbreviations, &address_size,
                               &length_size, &extension_size, &signature, &type_offset, &next, &unit_type,
                               error.out()) != DW_DLV_OK) {
      break;
    }
    const DwarfDie unit(object_->debug(), die);
    for (const DwarfRange range : unit.ranges(unit.low_pc().value_or(0), budget)) {
      add(units_, range, unit.offset());
    }
  }
  sort_by_low(units_);
}

std::optional<std::uint64_t> DwarfIndex::find(const std::vector<Entry>& entries, std::uint64_t address) {
  auto at = std::upper_bound(entries.begin(), entries.end(), address,
                             [](std::uint64_t value, const Entry& entry) { return value < entry.range.low; });
  for (std::size_t i = 0; i < kMaxOverlap && at != entries.begin(); ++i) {
    --at;
    if (at->range.contains(address)) {
      return at->unit;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> DwarfIndex::unit_at(std::uint64_t address, SymbolBudget& budget) {
  if (const auto header = find(aranges_, address)) {
    if (const auto die = die_of_unit(object_->section(".debug_info"), *header)) {
      return die;
    }
  }
  if (!has_read_units_) {
    has_read_units_ = true;
    read_units(budget);
  }
  return find(units_, address);
}

}  // namespace catcher
