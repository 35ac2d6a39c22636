#include "evidence/image.h"

#include "evidence/image_exports.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint16_t kMagicDos = 0x5a4d;
constexpr std::uint32_t kMagicPe = 0x00004550;
constexpr std::uint16_t kMagicPe32 = 0x10b;
constexpr std::uint16_t kMagicPe32Plus = 0x20b;
constexpr std::uint16_t kMachineAmd64 = 0x8664;
constexpr std::uint32_t kMaxHeaderOffset = 0x10000;
constexpr std::uint16_t kMaxSections = 96;  // the Windows loader's own limit
constexpr std::uint32_t kSectionExecutes = 0x20000000;
constexpr std::uint32_t kSectionIsWritten = 0x80000000;
constexpr std::size_t kExportDirectory = 0;
constexpr std::size_t kExceptionDirectory = 3;
constexpr std::size_t kDebugDirectory = 6;
constexpr std::uint32_t kDebugTypeCodeView = 2;
constexpr std::uint32_t kSignatureRsds = 0x53445352;
constexpr std::size_t kMaxDebugEntries = 32;
constexpr std::uint32_t kMaxCodeView = 4096;
// A linker may pad .pdata with zeros up to its alignment.
constexpr std::uint64_t kMaxPadding = 4096 / sizeof(RuntimeFunction) + 1;

// IMAGE_FILE_HEADER
struct FileHeader {
  std::uint16_t machine;
  std::uint16_t section_count;
  std::uint32_t timestamp;
  std::uint32_t symbol_table;
  std::uint32_t symbol_count;
  std::uint16_t optional_header_size;
  std::uint16_t characteristics;
};

// IMAGE_SECTION_HEADER
struct SectionHeader {
  std::array<char, 8> name;
  std::uint32_t virtual_size;
  std::uint32_t rva;
  std::uint32_t raw_size;
  std::uint32_t raw_offset;
  std::uint32_t relocations;
  std::uint32_t line_numbers;
  std::uint16_t relocation_count;
  std::uint16_t line_number_count;
  std::uint32_t characteristics;
};

// IMAGE_DEBUG_DIRECTORY
struct DebugEntry {
  std::uint32_t characteristics;
  std::uint32_t timestamp;
  std::uint16_t major;
  std::uint16_t minor;
  std::uint32_t type;
  std::uint32_t size;
  std::uint32_t rva;
  std::uint32_t raw_offset;
};

// The head of an RSDS record; the path follows.
struct RsdsHeader {
  std::uint32_t signature;
  std::array<std::byte, 16> guid;
  std::uint32_t age;
};

std::uint64_t size_from_headers(const MemoryReader& memory, Address base) {
  const auto header_offset = read_value<std::uint32_t>(memory, base + 0x3c);
  if (!header_offset || *header_offset > kMaxHeaderOffset) {
    return 0;
  }
  return read_value<std::uint32_t>(memory, base + *header_offset + 24 + 56).value_or(0);
}

std::optional<CodeViewRecord> read_code_view(ImageBytes& bytes, std::uint32_t rva, std::uint32_t size) {
  const auto header = bytes.value<RsdsHeader>(rva);
  if (!header || header->signature != kSignatureRsds || size < sizeof(RsdsHeader)) {
    return std::nullopt;
  }
  CodeViewRecord record;
  record.bytes.resize(std::min(size, kMaxCodeView));
  record.bytes.resize(bytes.read(rva, record.bytes));
  record.guid = header->guid;
  record.age = header->age;
  record.pdb_path = bytes.text(std::uint64_t{rva} + sizeof(RsdsHeader), record.bytes.size() - sizeof(RsdsHeader));
  return record;
}

}  // namespace

Image::Image(const MemoryReader& memory, Address base, std::uint64_t size)
    : base_(base), bytes_(memory, base, size != 0 ? size : size_from_headers(memory, base)) {
  read_headers();
}

void Image::read_headers() {
  const auto dos = bytes_.value<std::uint16_t>(0);
  const auto offset = bytes_.value<std::uint32_t>(0x3c);
  if (!dos || !offset) {
    defect_ = "its headers cannot be read";
    return;
  }
  if (*dos != kMagicDos || *offset > kMaxHeaderOffset || bytes_.value<std::uint32_t>(*offset) != kMagicPe) {
    defect_ = "its headers are not those of a PE image";
    return;
  }
  const std::uint64_t optional_header = std::uint64_t{*offset} + 4 + sizeof(FileHeader);
  const auto file = bytes_.value<FileHeader>(std::uint64_t{*offset} + 4);
  const auto magic = bytes_.value<std::uint16_t>(optional_header);
  if (!file || !magic || (*magic != kMagicPe32 && *magic != kMagicPe32Plus)) {
    defect_ = "its optional header is damaged";
    return;
  }
  machine_ = file->machine;
  timestamp_ = file->timestamp;
  is_64_bit_ = *magic == kMagicPe32Plus;
  entry_point_ = bytes_.value<std::uint32_t>(optional_header + 16).value_or(0);
  const std::uint64_t directories = optional_header + (is_64_bit_ ? 112U : 96U);
  const std::uint32_t count = bytes_.value<std::uint32_t>(directories - 4).value_or(0);
  for (std::size_t i = 0; i < directories_.size() && i < count; ++i) {
    directories_[i] = bytes_.value<Directory>(directories + i * sizeof(Directory)).value_or(Directory{});
  }
  read_sections(optional_header + file->optional_header_size, file->section_count);
}

void Image::read_sections(std::uint64_t offset, std::uint16_t count) {
  for (std::uint16_t i = 0; i < std::min(count, kMaxSections); ++i) {
    const auto header = bytes_.value<SectionHeader>(offset + i * sizeof(SectionHeader));
    if (!header) {
      return;
    }
    ImageSection section;
    section.name.assign(header->name.begin(), std::find(header->name.begin(), header->name.end(), '\0'));
    section.rva = header->rva;
    section.size = header->virtual_size != 0 ? header->virtual_size : header->raw_size;
    section.is_executable = (header->characteristics & kSectionExecutes) != 0;
    section.is_writable = (header->characteristics & kSectionIsWritten) != 0;
    sections_.push_back(std::move(section));
  }
}

const ImageSection* Image::section_at(std::uint64_t rva) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(), [rva](const ImageSection& section) {
    return rva >= section.rva && rva - section.rva < section.size;
  });
  return found == sections_.end() ? nullptr : &*found;
}

bool Image::is_code(std::uint64_t rva) const {
  if (rva >= size()) {
    return false;
  }
  if (sections_.empty()) {
    return true;
  }
  const ImageSection* section = section_at(rva);
  return section != nullptr && section->is_executable;
}

std::optional<RuntimeFunction> Image::function_entry(std::uint64_t index) {
  return bytes_.value<RuntimeFunction>(directory(kExceptionDirectory).rva + index * sizeof(RuntimeFunction));
}

std::uint64_t Image::count_functions() {
  if (machine_ != kMachineAmd64 || directory(kExceptionDirectory).rva == 0) {
    return 0;
  }
  std::uint64_t count =
      std::min<std::uint64_t>(directory(kExceptionDirectory).size, bytes_.size()) / sizeof(RuntimeFunction);
  for (std::uint64_t skipped = 0; count > 0 && skipped < kMaxPadding; ++skipped) {
    const auto last = function_entry(count - 1);
    if (last && last->begin != 0) {
      break;
    }
    --count;
  }
  return count;
}

std::optional<RuntimeFunction> Image::function_at(std::uint32_t rva) {
  if (!function_count_) {
    function_count_ = count_functions();
  }
  std::uint64_t low = 0;
  std::uint64_t high = *function_count_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto entry = function_entry(middle);
    if (!entry) {
      return std::nullopt;
    }
    if (rva < entry->begin) {
      high = middle;
    } else if (rva >= entry->end) {
      low = middle + 1;
    } else {
      return entry;
    }
  }
  return std::nullopt;
}

const std::vector<ImageExport>& Image::exports() {
  if (!exports_) {
    const Directory where = directory(kExportDirectory);
    exports_ = where.rva == 0 ? std::vector<ImageExport>{} : read_exports(bytes_, where.rva, where.size);
  }
  return *exports_;
}

const std::string& Image::export_name() {
  if (!export_name_) {
    const Directory where = directory(kExportDirectory);
    export_name_ = where.rva == 0 ? std::string{} : read_export_name(bytes_, where.rva);
  }
  return *export_name_;
}

const std::optional<CodeViewRecord>& Image::code_view() {
  if (!code_view_) {
    code_view_.emplace();
    const Directory where = directory(kDebugDirectory);
    const std::size_t count = std::min<std::size_t>(where.size / sizeof(DebugEntry), kMaxDebugEntries);
    for (std::size_t i = 0; where.rva != 0 && i < count && !*code_view_; ++i) {
      const auto entry = bytes_.value<DebugEntry>(where.rva + i * sizeof(DebugEntry));
      if (entry && entry->type == kDebugTypeCodeView) {
        *code_view_ = read_code_view(bytes_, entry->rva, entry->size);
      }
    }
  }
  return *code_view_;
}

}  // namespace catcher
