#pragma once

#include "evidence/dwarf_object.h"
#include "evidence/symbol_budget.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {

// A half-open range of addresses as the debug information writes them: absolute, by the image's preferred base.
struct DwarfRange {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  bool contains(std::uint64_t address) const { return address >= low && address < high; }
};

// One debugging information entry; owns libdwarf's DIE. A default-constructed one stands for "none". What cannot be
// read is as if it were not there.
class DwarfDie {
 public:
  DwarfDie() = default;
  DwarfDie(Dwarf_Debug debug, Dwarf_Die die) : debug_(debug), die_(die) {}
  DwarfDie(DwarfDie&& other) noexcept : debug_(other.debug_), die_(std::exchange(other.die_, nullptr)) {}
  DwarfDie& operator=(DwarfDie&& other) noexcept;
  ~DwarfDie() { reset(); }

  // The entry at an offset in .debug_info.
  static DwarfDie at(const DwarfObject& object, std::uint64_t offset);

  explicit operator bool() const { return die_ != nullptr; }
  Dwarf_Die get() const { return die_; }
  Dwarf_Debug debug() const { return debug_; }

  DwarfDie child() const;
  DwarfDie sibling() const;

  std::uint64_t offset() const;
  std::uint64_t unit_offset() const;  // of its compilation unit's DIE
  std::uint16_t tag() const;
  std::uint16_t version() const;  // of DWARF, in its unit

  std::optional<std::string_view> text(std::uint16_t attribute) const;  // lives as long as the object
  std::optional<std::uint64_t> number(std::uint16_t attribute) const;
  std::optional<std::uint64_t> reference(std::uint16_t attribute) const;  // as an offset in .debug_info
  bool has(std::uint16_t attribute) const;

  // The code it stands for: DW_AT_low_pc and DW_AT_high_pc, or DW_AT_ranges relative to its unit's `base`.
  std::vector<DwarfRange> ranges(std::uint64_t base, SymbolBudget& budget) const;
  std::optional<std::uint64_t> low_pc() const;

 private:
  void reset();
  std::vector<DwarfRange> ranges_before_5(std::uint64_t offset, std::uint64_t base, SymbolBudget& budget) const;
  std::vector<DwarfRange> ranges_of_5(Dwarf_Attribute attribute, SymbolBudget& budget) const;

  Dwarf_Debug debug_ = nullptr;
  Dwarf_Die die_ = nullptr;
};

}  // namespace catcher
