#include "loaded_image.h"

#include "evidence/coff_image.h"

#include <algorithm>

namespace catcher::fuzz {

std::vector<std::byte> loaded_image(std::span<const std::byte> file) {
  const auto image = CoffImage::parse(file);
  if (!image) {
    return {file.begin(), file.end()};
  }
  constexpr std::size_t kLargest = std::size_t{256} << 10;
  constexpr std::size_t kHeaders = 0x400;
  std::vector<std::byte> memory(std::clamp<std::size_t>(image->size_of_image(), kHeaders, kLargest));
  const auto put = [&memory](std::size_t rva, Bytes bytes) {
    if (rva < memory.size()) {
      std::copy_n(bytes.begin(), std::min(bytes.size(), memory.size() - rva),
                  memory.begin() + static_cast<std::ptrdiff_t>(rva));
    }
  };
  put(0, slice(file, 0, kHeaders));
  for (const CoffSection& section : image->sections()) {
    put(section.rva, image->section_bytes(section));
  }
  return memory;
}

}  // namespace catcher::fuzz
