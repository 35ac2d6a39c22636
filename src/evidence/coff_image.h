#pragma once

#include "evidence/symbol_bytes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// One section of an image. `name` is the long one where the header refers to the string table ("/123"), as GNU tools
// write it.
struct CoffSection {
  std::string name;
  std::uint32_t rva = 0;
  std::uint32_t virtual_size = 0;
  std::uint32_t file_offset = 0;
  std::uint32_t file_size = 0;
  bool is_code = false;
};

// A directory of the optional header, by its documented index (IMAGE_DIRECTORY_ENTRY_*).
enum class CoffDirectory : std::size_t { kExport = 0, kException = 3, kDebug = 6 };

// The headers of a PE image and where its parts lie. It does not own the bytes. Nothing in it is trusted: whatever
// points outside is as if it were not there.
class CoffImage {
 public:
  // How the bytes lie: as in the file, or as the loader maps them (then an RVA is an offset).
  enum class Layout { kFile, kMemory };

  // Nothing when the bytes are not a PE image.
  static std::optional<CoffImage> parse(Bytes bytes, Layout layout = Layout::kFile);

  bool is_64_bit() const { return is_64_bit_; }
  std::uint16_t machine() const { return machine_; }
  std::uint64_t image_base() const {
    return image_base_;
  }  // the preferred one, which absolute addresses in DWARF go by
  std::uint32_t size_of_image() const { return size_of_image_; }
  std::uint32_t timestamp() const { return timestamp_; }
  const std::vector<CoffSection>& sections() const { return sections_; }

  const CoffSection* section_named(std::string_view name) const;
  const CoffSection* section_at(std::uint32_t rva) const;
  Bytes section_bytes(const CoffSection& section) const;

  // The bytes from `rva` to the end of its section's file content; empty when there are none.
  Bytes bytes_at(std::uint32_t rva) const;

  // The content of a directory; empty when the image has none.
  Bytes directory(CoffDirectory which) const;
  std::uint32_t directory_rva(CoffDirectory which) const { return directories_[static_cast<std::size_t>(which)].rva; }

  // The raw symbol records, 18 bytes each, auxiliary ones among them.
  Bytes symbol_records() const { return symbol_records_; }
  // A name in the string table.
  std::string_view string_at(std::uint32_t offset) const {
    return offset < 4 ? std::string_view() : text_at(strings_, offset);
  }

  // Bytes of the whole image, as they were given.
  Bytes bytes() const { return bytes_; }

 private:
  struct Directory {
    std::uint32_t rva = 0;
    std::uint32_t size = 0;
  };

  bool read_optional_header(std::uint64_t offset, std::uint16_t size);
  void read_symbol_table(std::uint32_t offset, std::uint32_t count);
  void read_sections(std::uint64_t offset, std::uint16_t count);

  Bytes bytes_;
  Layout layout_ = Layout::kFile;
  bool is_64_bit_ = false;
  std::uint16_t machine_ = 0;
  std::uint64_t image_base_ = 0;
  std::uint32_t size_of_image_ = 0;
  std::uint32_t timestamp_ = 0;
  std::array<Directory, 16> directories_{};
  std::vector<CoffSection> sections_;
  Bytes symbol_records_;
  Bytes strings_;
};

}  // namespace catcher
