// The symbols of an image file: COFF, exports, DWARF, links to other files. Names are found or not; those that are
// found can be shown.
#include "evidence/coff_debuglink.h"
#include "evidence/coff_functions.h"
#include "evidence/coff_symbols.h"
#include "evidence/dwarf_file.h"
#include "evidence/pdb_identity.h"
#include "evidence/symbol_text.h"
#include "fuzz_input.h"
#include "utf8_check.h"

namespace catcher::fuzz {
namespace {

constexpr std::chrono::milliseconds kPlenty{5000};
constexpr std::uint64_t kWork = 200'000;
constexpr std::size_t kLongestText = 3 * 4096;

void check_text(std::string_view text) {
  const auto points = code_points(text);
  require(points.has_value(), "a name from a file is UTF-8");
  require(std::none_of(points->begin(), points->end(), is_control), "a name from a file has no control characters");
  require(text.size() <= kLongestText, "a name from a file is bounded");
}

void check_frame(const SymbolFrame& frame) {
  check_text(frame.function);
  check_text(frame.file);
}

void check_functions(const CoffFunctions& functions, std::uint32_t rva) {
  const auto part = functions.part_at(rva);
  if (part) {
    require(part->contains(rva), "a part contains what it was found by");
    functions.whole_of(*part);
  }
  functions.may_name(rva, rva);
}

void check_links(const CoffImage& image) {
  const auto link = debug_link(image);
  require(!link || is_plain_file_name(link->file_name), "a debug link is a plain file name");
  const auto pdb = pdb_link(image);
  require(!pdb || pdb->path.size() <= kLongestText, "a link to a PDB is bounded");
}

void check_image(const CoffImage& image, CoffImage::Layout layout, std::uint32_t place) {
  SymbolBudget budget(kPlenty, kWork);
  check_links(image);
  const CoffFunctions functions(image);
  const CoffSymbols symbols(image, budget);
  const auto dwarf = layout == CoffImage::Layout::kFile ? DwarfFile::open(image, budget) : nullptr;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const std::uint32_t rva = place + i * 7;
    check_functions(functions, rva);
    if (const auto frame = symbols.find(rva)) {
      check_frame(*frame);
      require(!frame->is_inline, "a symbol is a function of its own");
    }
    if (dwarf != nullptr) {
      const auto frames = dwarf->frames_at(rva, budget);
      require(frames.size() <= 1000, "inlined functions are bounded");
      std::for_each(frames.begin(), frames.end(), check_frame);
      require(frames.empty() || !frames.back().is_inline, "the outermost function is one of its own");
    }
  }
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const auto place = input.take<std::uint16_t>();
  const Bytes bytes = input.rest();
  for (const CoffImage::Layout layout : {CoffImage::Layout::kFile, CoffImage::Layout::kMemory}) {
    if (const auto image = CoffImage::parse(bytes, layout)) {
      check_image(*image, layout, 0x1000U + place % 0x1000U);
    }
  }
  pdb_identity(bytes);
  SymbolBudget budget(kPlenty, kWork);
  debug_link_crc(bytes, budget);
  return 0;
}
