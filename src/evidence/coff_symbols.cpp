#include "evidence/coff_symbols.h"

#include "evidence/demangle.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint64_t kRecordSize = 18;
constexpr std::uint8_t kClassExternal = 2;       // IMAGE_SYM_CLASS_EXTERNAL
constexpr std::uint8_t kClassStatic = 3;         // IMAGE_SYM_CLASS_STATIC
constexpr std::uint16_t kTypeIsFunction = 0x20;  // IMAGE_SYM_DTYPE_FUNCTION << 4
// 32-bit images have no function table. A system-call stub is this short; beyond it an exported name is a guess.
constexpr std::uint32_t kStubSize = 32;

struct ExportDirectory {  // IMAGE_EXPORT_DIRECTORY
  std::uint32_t characteristics;
  std::uint32_t timestamp;
  std::uint32_t version;
  std::uint32_t name;
  std::uint32_t ordinal_base;
  std::uint32_t function_count;
  std::uint32_t name_count;
  std::uint32_t functions;
  std::uint32_t names;
  std::uint32_t ordinals;
};
static_assert(sizeof(ExportDirectory) == 40);

std::string_view record_name(const CoffImage& image, Bytes record) {
  if (value_at<std::uint32_t>(record, 0) == 0u) {
    return image.string_at(value_at<std::uint32_t>(record, 4).value_or(0));
  }
  return text_at(record, 0, 8);
}

}  // namespace

CoffSymbols::CoffSymbols(const CoffImage& image, SymbolBudget& budget)
    : is_64_bit_(image.is_64_bit()), functions_(image) {
  read_symbol_table(image, budget);
  read_exports(image, budget);
  std::stable_sort(symbols_.begin(), symbols_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.rva != b.rva ? a.rva < b.rva : a.rank < b.rank; });
}

void CoffSymbols::read_symbol_table(const CoffImage& image, SymbolBudget& budget) {
  const Bytes records = image.symbol_records();
  for (std::uint64_t at = 0; at + kRecordSize <= records.size() && budget.spend();) {
    const Bytes record = slice(records, at, kRecordSize);
    const auto value = value_at<std::uint32_t>(record, 8).value_or(0);
    const auto section_number = value_at<std::int16_t>(record, 12).value_or(0);
    const auto type = value_at<std::uint16_t>(record, 14).value_or(0);
    const auto storage_class = value_at<std::uint8_t>(record, 16).value_or(0);
    at += kRecordSize * (1 + std::uint64_t{value_at<std::uint8_t>(record, 17).value_or(0)});

    const bool is_named_place = storage_class == kClassExternal || storage_class == kClassStatic;
    const auto index = static_cast<std::size_t>(section_number) - 1;
    if (!is_named_place || section_number <= 0 || index >= image.sections().size() ||
        !image.sections()[index].is_code) {
      continue;
    }
    const std::string_view name = record_name(image, record);
    if (name.empty() || name.front() == '.') {  // sections and their parts
      continue;
    }
    const Rank rank = type == kTypeIsFunction ? Rank::kFunction : Rank::kOther;
    symbols_.push_back({image.sections()[index].rva + value, rank, name});
    has_symbol_table_ = true;
  }
}

void CoffSymbols::read_exports(const CoffImage& image, SymbolBudget& budget) {
  const Bytes directory = image.directory(CoffDirectory::kExport);
  const auto header = value_at<ExportDirectory>(directory, 0);
  if (!header) {
    return;
  }
  const Bytes functions = image.bytes_at(header->functions);
  const Bytes names = image.bytes_at(header->names);
  const Bytes ordinals = image.bytes_at(header->ordinals);
  const std::uint32_t directory_rva = image.directory_rva(CoffDirectory::kExport);
  for (std::uint64_t i = 0; i < header->name_count && budget.spend(); ++i) {
    const auto name = value_at<std::uint32_t>(names, i * 4);
    const auto ordinal = value_at<std::uint16_t>(ordinals, i * 2);
    if (!name || !ordinal) {
      return;
    }
    const std::uint32_t rva = value_at<std::uint32_t>(functions, std::uint64_t{*ordinal} * 4).value_or(0);
    const bool is_forwarder = rva >= directory_rva && rva - directory_rva < directory.size();
    const CoffSection* section = image.section_at(rva);
    const std::string_view text = text_at(image.bytes_at(*name), 0);
    if (is_forwarder || section == nullptr || !section->is_code || text.empty()) {
      continue;
    }
    symbols_.push_back({rva, Rank::kExport, text});
    has_exports_ = true;
  }
}

const CoffSymbols::Symbol* CoffSymbols::symbol_at(std::uint32_t rva) const {
  const auto found = std::lower_bound(symbols_.begin(), symbols_.end(), rva,
                                      [](const Symbol& symbol, std::uint32_t value) { return symbol.rva < value; });
  return found != symbols_.end() && found->rva == rva ? &*found : nullptr;
}

const CoffSymbols::Symbol* CoffSymbols::nearest_before(std::uint32_t rva) const {
  const auto after = std::upper_bound(symbols_.begin(), symbols_.end(), rva,
                                      [](std::uint32_t value, const Symbol& symbol) { return value < symbol.rva; });
  return after == symbols_.begin() ? nullptr : symbol_at(std::prev(after)->rva);  // the best of those at one address
}

bool CoffSymbols::may_name(const Symbol& symbol, std::uint32_t rva) const {
  if (!functions_.is_empty()) {
    return functions_.may_name(symbol.rva, rva);
  }
  return symbol.rank != Rank::kExport || (!is_64_bit_ && rva - symbol.rva < kStubSize);
}

std::optional<SymbolFrame> CoffSymbols::find(std::uint32_t rva) const {
  const Symbol* symbol = nullptr;
  if (const auto part = functions_.part_at(rva)) {  // a symbol at the beginning beats a label inside
    symbol = symbol_at(part->begin);
    if (symbol == nullptr) {
      symbol = symbol_at(functions_.whole_of(*part).begin);
    }
  }
  if (symbol == nullptr) {
    symbol = nearest_before(rva);
    if (symbol == nullptr || !may_name(*symbol, rva)) {
      return std::nullopt;
    }
  }
  SymbolFrame frame;
  // 32-bit C names carry a leading underscore in the symbol table, and none in the export directory.
  const bool is_decorated = !is_64_bit_ && symbol->rank != Rank::kExport && symbol->name.front() == '_';
  frame.function = readable_name(is_decorated ? symbol->name.substr(1) : symbol->name);
  frame.function_rva = symbol->rva;
  return frame;
}

}  // namespace catcher
