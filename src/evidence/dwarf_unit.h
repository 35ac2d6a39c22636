#pragma once

#include "evidence/dwarf_die.h"
#include "evidence/dwarf_lines.h"
#include "evidence/dwarf_names.h"
#include "evidence/symbol_frame.h"

#include <cstdint>
#include <vector>

namespace catcher {

// One compilation unit that code of interest lies in: its functions and its lines, read when it is first asked.
class DwarfUnit {
 public:
  DwarfUnit(const DwarfObject& object, std::uint64_t die_offset, DwarfRange image, SymbolBudget& budget);

  // The functions at `address`, innermost inlined one first; empty when the unit has none there.
  std::vector<SymbolFrame> frames_at(std::uint64_t address, DwarfNames& names, SymbolBudget& budget);

  std::uint16_t version() const { return version_; }
  std::size_t weight() const { return functions_.size() * sizeof(Function) + lines_.weight(); }

 private:
  struct Function {
    DwarfRange range;
    std::uint64_t die;
    std::uint64_t entry;  // where the function begins: a range may be its cold part
  };

  // Functions can lie in functions (those of local classes do); that is where most entries are, and seldom worth the
  // time.
  enum class Depth { kOutsideFunctions, kEverywhere };

  void read_functions(Depth depth, SymbolBudget& budget);
  const Function* function_at(std::uint64_t address) const;
  // The inlined subroutines around `address` in a function, outermost first.
  std::vector<DwarfDie> inlined_at(const DwarfDie& function, std::uint64_t address, SymbolBudget& budget) const;

  const DwarfObject* object_;
  DwarfRange image_;
  std::uint64_t die_ = 0;   // of the unit itself
  bool is_deep_ = false;    // functions_ has those inside functions, too
  std::uint64_t base_ = 0;  // what DW_AT_ranges is relative to
  std::uint16_t version_ = 0;
  std::vector<Function> functions_;  // by range.low
  DwarfLines lines_;
};

}  // namespace catcher
