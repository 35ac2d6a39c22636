#pragma once

#include "evidence/coff_functions.h"
#include "evidence/coff_image.h"
#include "evidence/symbol_budget.h"
#include "evidence/symbol_frame.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace catcher {

// The names of an image that need no debug information: the COFF symbol table that GNU linkers leave in an image until
// it is stripped, and the export directory. Sorted once; a name is given only when .pdata agrees that it is the
// function's (an exported neighbour is not). The image's bytes must outlive it.
class CoffSymbols {
 public:
  CoffSymbols(const CoffImage& image, SymbolBudget& budget);

  bool has_symbol_table() const { return has_symbol_table_; }
  bool has_exports() const { return has_exports_; }

  // The function at `rva`, by its readable name.
  std::optional<SymbolFrame> find(std::uint32_t rva) const;

 private:
  enum class Rank : std::uint8_t { kFunction, kOther, kExport };
  struct Symbol {
    std::uint32_t rva;
    Rank rank;
    std::string_view name;  // in the image's bytes
  };

  void read_symbol_table(const CoffImage& image, SymbolBudget& budget);
  void read_exports(const CoffImage& image, SymbolBudget& budget);
  const Symbol* symbol_at(std::uint32_t rva) const;
  const Symbol* nearest_before(std::uint32_t rva) const;
  bool may_name(const Symbol& symbol, std::uint32_t rva) const;

  bool is_64_bit_;
  CoffFunctions functions_;
  std::vector<Symbol> symbols_;
  bool has_symbol_table_ = false;
  bool has_exports_ = false;
};

}  // namespace catcher
