#include "evidence/dwarf_lines.h"

#include "evidence/symbol_text.h"

#include <dwarf.h>

#include <algorithm>
#include <memory>

namespace catcher {
namespace {

constexpr std::size_t kMaxFiles = 100'000;

struct ContextDeleter {
  void operator()(Dwarf_Line_Context context) const noexcept { dwarf_srclines_dealloc_b(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<Dwarf_Line_Context>, ContextDeleter>;

bool is_absolute(std::string_view path) {
  return !path.empty() && (path.front() == '/' || path.front() == '\\' || (path.size() > 1 && path[1] == ':'));
}

std::string joined(std::string_view directory, std::string_view name) {
  if (directory.empty() || is_absolute(name)) {
    return std::string(name);
  }
  const bool has_separator = directory.back() == '/' || directory.back() == '\\';
  return std::string(directory) + (has_separator ? "" : "/") + std::string(name);
}

std::string directory_at(Dwarf_Line_Context context, Dwarf_Signed index, DwarfError& error) {
  const char* name = nullptr;
  return dwarf_srclines_include_dir_data(context, index, &name, error.out()) == DW_DLV_OK && name != nullptr ? name
                                                                                                             : "";
}

}  // namespace

DwarfLines::DwarfLines(const DwarfDie& unit, DwarfRange image, SymbolBudget& budget) {
  DwarfError error(unit.debug());
  Dwarf_Unsigned version = 0;
  Dwarf_Small table_count = 0;
  Dwarf_Line_Context context = nullptr;
  if (!budget.check() || dwarf_srclines_b(unit.get(), &version, &table_count, &context, error.out()) != DW_DLV_OK) {
    return;
  }
  const Context owner(context);
  read_files(context, unit, budget);
  read_rows(context, unit, image, budget);
}

void DwarfLines::read_files(Dwarf_Line_Context context, const DwarfDie& unit, SymbolBudget& budget) {
  DwarfError error(unit.debug());
  Dwarf_Signed first = 0;
  Dwarf_Signed count = 0;
  Dwarf_Signed end = 0;
  if (dwarf_srclines_files_indexes(context, &first, &count, &end, error.out()) != DW_DLV_OK || first < 0) {
    return;
  }
  first_file_ = static_cast<std::uint64_t>(first);
  const std::string compilation_directory(unit.text(DW_AT_comp_dir).value_or(""));
  for (Dwarf_Signed i = first; i < end && files_.size() < kMaxFiles && budget.spend(); ++i) {
    const char* name = nullptr;
    Dwarf_Unsigned directory_index = 0;
    if (dwarf_srclines_files_data_b(context, i, &name, &directory_index, nullptr, nullptr, nullptr, error.out()) !=
            DW_DLV_OK ||
        name == nullptr) {
      files_.emplace_back();
      continue;
    }
    // Directory 0 is the compilation directory: written out in DWARF 5, implied before.
    const bool is_implied = first != 0 && directory_index == 0;
    const std::string directory =
        is_implied ? std::string() : directory_at(context, static_cast<Dwarf_Signed>(directory_index), error);
    files_.push_back(printable(joined(joined(compilation_directory, directory), name)));
  }
}

void DwarfLines::read_rows(Dwarf_Line_Context context, const DwarfDie& unit, DwarfRange image, SymbolBudget& budget) {
  DwarfError error(unit.debug());
  Dwarf_Line* lines = nullptr;
  Dwarf_Signed count = 0;
  if (dwarf_srclines_from_linecontext(context, &lines, &count, error.out()) != DW_DLV_OK) {
    return;
  }
  rows_.reserve(static_cast<std::size_t>(count));
  std::size_t first = 0;
  for (Dwarf_Signed i = 0; i < count && budget.spend(); ++i) {
    Dwarf_Addr address = 0;
    Dwarf_Unsigned line = 0;
    Dwarf_Unsigned file = 0;
    Dwarf_Bool is_end = false;
    dwarf_lineaddr(lines[i], &address, error.out());
    dwarf_lineno(lines[i], &line, error.out());
    dwarf_line_srcfileno(lines[i], &file, error.out());
    dwarf_lineendsequence(lines[i], &is_end, error.out());
    rows_.push_back({address, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(file)});
    if (!is_end) {
      continue;
    }
    const DwarfRange range{rows_[first].address, address};
    const bool is_sorted = std::is_sorted(rows_.begin() + static_cast<std::ptrdiff_t>(first), rows_.end(),
                                          [](const Row& a, const Row& b) { return a.address < b.address; });
    if (is_sorted && range.low >= image.low && range.high <= image.high && range.low < range.high) {
      sequences_.push_back({range, first, rows_.size() - 1});
      first = rows_.size();
    } else {
      rows_.resize(first);
    }
  }
  std::sort(sequences_.begin(), sequences_.end(),
            [](const Sequence& a, const Sequence& b) { return a.range.low < b.range.low; });
}

std::optional<DwarfLines::Place> DwarfLines::place_at(std::uint64_t address) const {
  const auto after =
      std::upper_bound(sequences_.begin(), sequences_.end(), address,
                       [](std::uint64_t value, const Sequence& sequence) { return value < sequence.range.low; });
  if (after == sequences_.begin() || !std::prev(after)->range.contains(address)) {
    return std::nullopt;
  }
  const Sequence& sequence = *std::prev(after);
  const auto begin = rows_.begin() + static_cast<std::ptrdiff_t>(sequence.first);
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(sequence.last);
  // Of several rows at one address the last is the one that counts: those before it cover no byte.
  const auto next =
      std::upper_bound(begin, end, address, [](std::uint64_t value, const Row& row) { return value < row.address; });
  if (next == begin) {
    return std::nullopt;
  }
  const Row& row = *std::prev(next);
  return Place{file(row.file), row.line};
}

std::string DwarfLines::file(std::uint64_t number) const {
  return number >= first_file_ && number - first_file_ < files_.size()
             ? files_[static_cast<std::size_t>(number - first_file_)]
             : std::string();
}

}  // namespace catcher
