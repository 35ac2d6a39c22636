#pragma once

#include "evidence/coff_image.h"
#include "evidence/dwarf_index.h"
#include "evidence/dwarf_names.h"
#include "evidence/dwarf_object.h"
#include "evidence/dwarf_unit.h"
#include "evidence/symbol_frame.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace catcher {

// The DWARF debug information of one image, read as far as it is asked about: the unit of an address, then that unit's
// functions and lines. Not thread-safe. The image's bytes must outlive it.
class DwarfFile {
 public:
  // Null when the image has none, or libdwarf refuses it.
  static std::unique_ptr<DwarfFile> open(const CoffImage& image, SymbolBudget& budget);

  // The functions at an RVA, innermost inlined one first; empty when nothing is known.
  std::vector<SymbolFrame> frames_at(std::uint32_t rva, SymbolBudget& budget);

  // Of DWARF: that of the first unit which named something, before that of the first unit at all.
  std::uint16_t version() const { return version_; }

 private:
  DwarfFile(std::unique_ptr<DwarfObject> object, const CoffImage& image, SymbolBudget& budget);

  DwarfUnit* unit_at(std::uint64_t address, SymbolBudget& budget);

  DwarfRange image_;
  std::unique_ptr<DwarfObject> object_;
  DwarfIndex index_;
  DwarfNames names_;
  std::map<std::uint64_t, DwarfUnit> units_;  // by offset of the unit's DIE
  std::size_t weight_ = 0;
  std::uint16_t version_ = 0;
  bool has_named_ = false;
};

}  // namespace catcher
