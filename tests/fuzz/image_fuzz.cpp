// An image in a debuggee's memory, whatever its headers and tables say.
#include "debugger/remote_exports.h"
#include "evidence/image.h"
#include "fuzz_input.h"
#include "loaded_image.h"
#include "unwind_image_builder.h"

namespace catcher::fuzz {
namespace {

constexpr Address kBase{0x140000000};

void check_tables(Image& image) {
  const auto& exports = image.exports();
  require(exports.size() <= std::size_t{1} << 18, "exports are bounded");
  require(std::is_sorted(exports.begin(), exports.end(),
                         [](const ImageExport& a, const ImageExport& b) { return a.rva < b.rva; }),
          "exports are sorted");
  require(image.export_name().size() <= 260, "an image's name is bounded");
  require(!image.code_view() || image.code_view()->bytes.size() <= 4096, "a CodeView record is bounded");
  require(image.sections().size() <= 96 || image.defect().empty(), "a defective image has no sections");
}

void check_places(Image& image, std::uint32_t rva) {
  const auto function = image.function_at(rva);
  require(!function || (function->begin <= rva && rva < function->end), "a function contains what it was found by");
  const ImageSection* section = image.section_at(rva);
  require(section == nullptr || rva - section->rva < section->size, "a section contains what it was found by");
  image.is_code(rva);
}

void check_exports_by_name(const MemoryReader& memory, Image& image, const ImageHeaders& headers) {
  std::size_t asked = 0;
  for (const ImageExport& symbol : image.exports()) {
    if (symbol.name.empty() || ++asked > 8) {
      continue;
    }
    const auto at = find_export(memory, kBase, symbol.name);
    require(!at || *at - kBase < headers.size, "an export lies in its image");
  }
  find_export(memory, kBase, "abort");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const auto shape = input.take<std::uint8_t>();
  const auto place = input.take<std::uint32_t>();
  catcher::BlockMemory memory;
  memory.block(kBase) =
      (shape & 1U) != 0 ? std::vector<std::byte>(input.rest().begin(), input.rest().end()) : loaded_image(input.rest());
  catcher::Image image(memory, kBase, (shape & 2U) != 0 ? memory.block(kBase).size() : 0);
  check_tables(image);
  check_places(image, place);
  check_places(image, image.entry_point());
  for (const catcher::ImageSection& section : image.sections()) {
    check_places(image, section.rva + place % std::max(section.size, 1U));
  }
  if (const auto headers = catcher::read_image_headers(memory, kBase)) {
    check_exports_by_name(memory, image, *headers);
  }
  return 0;
}
