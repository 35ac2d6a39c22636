#pragma once

#include "evidence/dwarf_die.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace catcher {

// Which compilation unit an address belongs to. .debug_aranges tells it for next to nothing; where that says nothing
// (clang writes none) the ranges of every unit's first entry are read, once.
class DwarfIndex {
 public:
  // Ranges outside [low, high) are those of code that the linker threw away.
  DwarfIndex(const DwarfObject& object, DwarfRange image, SymbolBudget& budget);

  // The offset of the unit's DIE in .debug_info.
  std::optional<std::uint64_t> unit_at(std::uint64_t address, SymbolBudget& budget);

 private:
  struct Entry {
    DwarfRange range;
    std::uint64_t unit;
  };

  void read_aranges(SymbolBudget& budget);
  // One set of .debug_aranges; returns where the next begins, or nothing when the section makes no more sense.
  std::optional<std::uint64_t> read_set(Bytes section, std::uint64_t at, SymbolBudget& budget);
  void read_units(SymbolBudget& budget);
  void add(std::vector<Entry>& entries, DwarfRange range, std::uint64_t unit) const;
  static std::optional<std::uint64_t> find(const std::vector<Entry>& entries, std::uint64_t address);

  const DwarfObject* object_;
  DwarfRange image_;
  std::vector<Entry> aranges_;  // by low; `unit` is the offset of the unit's header
  std::vector<Entry> units_;    // by low; `unit` is the offset of the unit's DIE
  bool has_read_units_ = false;
};

}  // namespace catcher
