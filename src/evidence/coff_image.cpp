#include "evidence/coff_image.h"

#include <charconv>

namespace catcher {
namespace {

constexpr std::uint16_t kDosMagic = 0x5A4D;           // IMAGE_DOS_SIGNATURE
constexpr std::uint32_t kPeMagic = 0x00004550;        // IMAGE_NT_SIGNATURE
constexpr std::uint16_t kMagic32 = 0x10B;             // IMAGE_NT_OPTIONAL_HDR32_MAGIC
constexpr std::uint16_t kMagic64 = 0x20B;             // IMAGE_NT_OPTIONAL_HDR64_MAGIC
constexpr std::uint32_t kSectionIsCode = 0x20000020;  // IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_CNT_CODE
constexpr std::size_t kSymbolSize = 18;
constexpr std::size_t kMaxSections = 1024;  // linkers make tens

struct FileHeader {  // IMAGE_FILE_HEADER
  std::uint16_t machine;
  std::uint16_t section_count;
  std::uint32_t timestamp;
  std::uint32_t symbol_offset;
  std::uint32_t symbol_count;
  std::uint16_t optional_size;
  std::uint16_t characteristics;
};
static_assert(sizeof(FileHeader) == 20);

struct SectionHeader {  // IMAGE_SECTION_HEADER
  std::array<char, 8> name;
  std::uint32_t virtual_size;
  std::uint32_t rva;
  std::uint32_t file_size;
  std::uint32_t file_offset;
  std::uint32_t relocation_offset;
  std::uint32_t line_offset;
  std::uint16_t relocation_count;
  std::uint16_t line_count;
  std::uint32_t characteristics;
};
static_assert(sizeof(SectionHeader) == 40);

std::string section_name(const SectionHeader& header, const CoffImage& image) {
  const std::string_view raw(header.name.data(), header.name.size());
  const std::string_view name = raw.substr(0, raw.find('\0'));
  if (name.size() < 2 || name.front() != '/') {
    return std::string(name);
  }
  std::uint32_t offset = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), offset);
  const bool is_number = error == std::errc{} && end == name.data() + name.size();
  return std::string(is_number ? image.string_at(offset) : name);
}

}  // namespace

std::optional<CoffImage> CoffImage::parse(Bytes bytes, Layout layout) {
  CoffImage image;
  image.bytes_ = bytes;
  image.layout_ = layout;
  const std::uint64_t pe = value_at<std::uint32_t>(bytes, 0x3C).value_or(0);
  const auto header = value_at<FileHeader>(bytes, pe + 4);
  if (value_at<std::uint16_t>(bytes, 0) != kDosMagic || value_at<std::uint32_t>(bytes, pe) != kPeMagic || !header) {
    return std::nullopt;
  }
  image.machine_ = header->machine;
  image.timestamp_ = header->timestamp;
  const std::uint64_t optional_offset = pe + 4 + sizeof(FileHeader);
  if (!image.read_optional_header(optional_offset, header->optional_size)) {
    return std::nullopt;
  }
  if (layout == Layout::kFile) {  // the loader does not map it
    image.read_symbol_table(header->symbol_offset, header->symbol_count);
  }
  image.read_sections(optional_offset + header->optional_size, header->section_count);
  return image;
}

bool CoffImage::read_optional_header(std::uint64_t offset, std::uint16_t size) {
  const Bytes header = slice(bytes_, offset, size);
  const auto magic = value_at<std::uint16_t>(header, 0);
  if (magic != kMagic32 && magic != kMagic64) {
    return false;
  }
  is_64_bit_ = magic == kMagic64;
  image_base_ =
      is_64_bit_ ? value_at<std::uint64_t>(header, 24).value_or(0) : value_at<std::uint32_t>(header, 28).value_or(0);
  size_of_image_ = value_at<std::uint32_t>(header, 56).value_or(0);
  const std::uint64_t first = is_64_bit_ ? 112 : 96;
  const std::uint32_t count = value_at<std::uint32_t>(header, first - 4).value_or(0);
  for (std::size_t i = 0; i < directories_.size() && i < count; ++i) {
    directories_[i] = value_at<Directory>(header, first + i * sizeof(Directory)).value_or(Directory{});
  }
  return true;
}

void CoffImage::read_symbol_table(std::uint32_t offset, std::uint32_t count) {
  if (offset == 0) {
    return;
  }
  // The string table follows also where no symbol is left: long section names need it.
  symbol_records_ = slice(bytes_, offset, std::uint64_t{count} * kSymbolSize);
  const std::uint64_t strings = std::uint64_t{offset} + std::uint64_t{count} * kSymbolSize;
  strings_ = slice(bytes_, strings, value_at<std::uint32_t>(bytes_, strings).value_or(0));
}

void CoffImage::read_sections(std::uint64_t offset, std::uint16_t count) {
  for (std::size_t i = 0; i < count && i < kMaxSections; ++i) {
    const auto header = value_at<SectionHeader>(bytes_, offset + i * sizeof(SectionHeader));
    if (!header) {
      return;
    }
    CoffSection section;
    section.name = section_name(*header, *this);
    section.rva = header->rva;
    section.virtual_size = header->virtual_size != 0 ? header->virtual_size : header->file_size;
    section.file_offset = header->file_offset;
    section.file_size = header->file_size;
    section.is_code = (header->characteristics & kSectionIsCode) != 0;
    sections_.push_back(std::move(section));
  }
}

const CoffSection* CoffImage::section_named(std::string_view name) const {
  for (const CoffSection& section : sections_) {
    if (section.name == name) {
      return &section;
    }
  }
  return nullptr;
}

const CoffSection* CoffImage::section_at(std::uint32_t rva) const {
  for (const CoffSection& section : sections_) {
    if (rva >= section.rva && rva - section.rva < section.virtual_size) {
      return &section;
    }
  }
  return nullptr;
}

Bytes CoffImage::section_bytes(const CoffSection& section) const {
  if (layout_ == Layout::kMemory) {
    return slice(bytes_, section.rva, section.virtual_size);
  }
  // The file's part is padded to the file alignment: what lies behind the virtual size is not content.
  return slice(bytes_, section.file_offset, std::min(section.file_size, section.virtual_size));
}

Bytes CoffImage::bytes_at(std::uint32_t rva) const {
  const CoffSection* section = section_at(rva);
  return section == nullptr ? Bytes() : slice(section_bytes(*section), rva - section->rva, section->virtual_size);
}

Bytes CoffImage::directory(CoffDirectory which) const {
  const Directory& directory = directories_[static_cast<std::size_t>(which)];
  return directory.rva == 0 ? Bytes() : slice(bytes_at(directory.rva), 0, directory.size);
}

}  // namespace catcher
