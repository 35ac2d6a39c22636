#pragma once

#include "evidence/dwarf_die.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// The line table of one compilation unit, taken out of libdwarf into a few flat arrays.
class DwarfLines {
 public:
  struct Place {
    std::string file;
    std::uint32_t line = 0;  // 0: the compiler names none
  };

  DwarfLines() = default;
  // Rows outside `image` belong to code that the linker threw away.
  DwarfLines(const DwarfDie& unit, DwarfRange image, SymbolBudget& budget);

  // The place that the instruction at `address` comes from.
  std::optional<Place> place_at(std::uint64_t address) const;

  // A file of the unit by the number that DW_AT_call_file and its kind use; empty when there is none.
  std::string file(std::uint64_t number) const;

  // Bytes that it holds, about.
  std::size_t weight() const { return rows_.size() * sizeof(Row) + sequences_.size() * sizeof(Sequence); }

 private:
  struct Row {
    std::uint64_t address;
    std::uint32_t line;
    std::uint32_t file;
  };
  struct Sequence {  // rows of ascending addresses; the last row is its end
    DwarfRange range;
    std::size_t first;
    std::size_t last;
  };

  void read_files(Dwarf_Line_Context context, const DwarfDie& unit, SymbolBudget& budget);
  void read_rows(Dwarf_Line_Context context, const DwarfDie& unit, DwarfRange image, SymbolBudget& budget);

  std::vector<Row> rows_;
  std::vector<Sequence> sequences_;  // by range.low
  std::vector<std::string> files_;
  std::uint64_t first_file_ = 1;  // the number of files_[0]: 0 in DWARF 5
};

}  // namespace catcher
