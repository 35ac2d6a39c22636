#include "evidence/pe_imports.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace catcher {
namespace {

constexpr std::size_t kChunk = 0x4000;
constexpr std::size_t kMostChunks = 4096;
constexpr std::uint32_t kMostSections = 96;
constexpr std::uint32_t kMostDlls = 512;
constexpr std::uint32_t kMostFunctions = 16384;
constexpr std::uint32_t kMostExports = 0x10000;
constexpr std::size_t kLongestName = 1024;
constexpr std::uint16_t kPe32 = 0x10B;
constexpr std::uint16_t kPe32Plus = 0x20B;

// IMAGE_IMPORT_DESCRIPTOR.
struct ImportDescriptor {
  std::uint32_t original_first_thunk;
  std::uint32_t timestamp;
  std::uint32_t forwarder_chain;
  std::uint32_t name;
  std::uint32_t first_thunk;
};

// IMAGE_EXPORT_DIRECTORY.
struct ExportDirectory {
  std::uint32_t characteristics;
  std::uint32_t timestamp;
  std::uint32_t version;
  std::uint32_t name;
  std::uint32_t base;
  std::uint32_t number_of_functions;
  std::uint32_t number_of_names;
  std::uint32_t functions;
  std::uint32_t names;
  std::uint32_t name_ordinals;
};

// IMAGE_SECTION_HEADER, as far as it matters.
struct SectionHeader {
  std::array<char, 8> name;
  std::uint32_t virtual_size;
  std::uint32_t virtual_address;
  std::uint32_t raw_size;
  std::uint32_t raw_offset;
};

}  // namespace

std::string ImportedFunction::label() const {
  return name.empty() ? "ordinal " + std::to_string(ordinal) : name;
}

std::optional<PeFile> PeFile::open(std::unique_ptr<ImageFile> file) {
  if (!file) {
    return std::nullopt;
  }
  PeFile image(std::move(file));
  return image.read_headers() ? std::optional(std::move(image)) : std::nullopt;
}

std::size_t PeFile::read_file(std::uint64_t offset, std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::uint64_t at = offset + done;
    auto found = chunks_.find(at / kChunk);
    if (found == chunks_.end()) {
      if (chunks_.size() >= kMostChunks) {
        return done;
      }
      std::vector<std::byte> bytes(kChunk);
      bytes.resize(file_->read(at / kChunk * kChunk, bytes));
      found = chunks_.emplace(at / kChunk, std::move(bytes)).first;
    }
    const std::size_t skip = at % kChunk;
    if (skip >= found->second.size()) {
      return done;
    }
    const std::size_t count = std::min(into.size() - done, found->second.size() - skip);
    std::memcpy(into.data() + done, found->second.data() + skip, count);
    done += count;
  }
  return done;
}

template <typename T>
std::optional<T> PeFile::at_offset(std::uint64_t offset) {
  std::array<std::byte, sizeof(T)> bytes{};
  if (read_file(offset, bytes) != bytes.size()) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

template <typename T>
std::optional<T> PeFile::at_rva(std::uint64_t rva) {
  const auto offset = rva > 0xFFFFFFFF ? std::nullopt : offset_of(static_cast<std::uint32_t>(rva));
  return offset ? at_offset<T>(*offset) : std::nullopt;
}

std::optional<std::uint64_t> PeFile::offset_of(std::uint32_t rva) const {
  for (const Section& section : sections_) {
    if (rva - section.rva < section.size) {
      return std::uint64_t{section.offset} + (rva - section.rva);
    }
  }
  return rva < headers_size_ ? std::optional<std::uint64_t>(rva) : std::nullopt;
}

std::string PeFile::text_at(std::uint64_t rva) {
  std::string text;
  const auto offset = rva > 0xFFFFFFFF ? std::nullopt : offset_of(static_cast<std::uint32_t>(rva));
  while (offset && text.size() < kLongestName) {
    const auto c = at_offset<char>(*offset + text.size());
    if (!c || *c == '\0') {
      break;
    }
    text.push_back(*c);
  }
  return text;
}

bool PeFile::read_headers() {
  const auto header = at_offset<std::uint32_t>(0x3C);
  if (at_offset<std::uint16_t>(0) != 0x5A4D || !header || at_offset<std::uint32_t>(*header) != 0x4550U) {
    return false;
  }
  const std::uint64_t optional_header = std::uint64_t{*header} + 24;
  const auto optional_size = at_offset<std::uint16_t>(*header + 20ULL);
  const auto magic = at_offset<std::uint16_t>(optional_header);
  if (!optional_size || (magic != kPe32 && magic != kPe32Plus)) {
    return false;
  }
  machine_ = at_offset<std::uint16_t>(*header + 4ULL).value_or(0);
  is_64_bit_ = magic == kPe32Plus;
  headers_size_ = at_offset<std::uint32_t>(optional_header + 60).value_or(0);
  const std::uint64_t directories = optional_header + (is_64_bit_ ? 112U : 96U);
  const std::uint32_t count = at_offset<std::uint32_t>(directories - 4).value_or(0);
  exports_ = count > 0 ? at_offset<Directory>(directories).value_or(Directory{}) : Directory{};
  imports_ = count > 1 ? at_offset<Directory>(directories + 8).value_or(Directory{}) : Directory{};
  const std::uint32_t sections =
      std::min<std::uint32_t>(at_offset<std::uint16_t>(*header + 6ULL).value_or(0), kMostSections);
  for (std::uint32_t i = 0; i < sections; ++i) {
    if (const auto s = at_offset<SectionHeader>(optional_header + *optional_size + i * 40ULL)) {
      sections_.push_back({s->virtual_address, s->raw_size, s->raw_offset});
    }
  }
  return true;
}

std::vector<ImportedDll> PeFile::imports() {
  std::vector<ImportedDll> dlls;
  for (std::uint32_t i = 0; imports_.rva != 0 && i < kMostDlls; ++i) {
    const auto descriptor = at_rva<ImportDescriptor>(std::uint64_t{imports_.rva} + i * sizeof(ImportDescriptor));
    if (!descriptor || descriptor->name == 0 || descriptor->first_thunk == 0) {
      break;
    }
    const bool unbound = descriptor->original_first_thunk != 0;
    dlls.push_back({text_at(descriptor->name),
                    imported_functions(unbound ? descriptor->original_first_thunk : descriptor->first_thunk)});
  }
  return dlls;
}

std::vector<ImportedFunction> PeFile::imported_functions(std::uint32_t thunks) {
  std::vector<ImportedFunction> functions;
  const std::uint64_t width = is_64_bit_ ? 8 : 4;
  const std::uint64_t by_ordinal = is_64_bit_ ? 1ULL << 63U : 1ULL << 31U;
  for (std::uint32_t i = 0; i < kMostFunctions; ++i) {
    const std::uint64_t rva = thunks + i * width;
    const std::uint64_t thunk =
        is_64_bit_ ? at_rva<std::uint64_t>(rva).value_or(0) : at_rva<std::uint32_t>(rva).value_or(0);
    if (thunk == 0) {
      break;
    }
    if ((thunk & by_ordinal) != 0) {
      functions.push_back({"", static_cast<std::uint16_t>(thunk & 0xFFFF)});
    } else if (std::string name = text_at((thunk & 0x7FFFFFFF) + 2); !name.empty()) {
      functions.push_back({std::move(name), 0});
    }
  }
  return functions;
}

// The same binary search that the loader makes: what it does not find in a table that is out of order, the loader does
// not find either.
std::optional<std::uint32_t> PeFile::export_index_by_name(std::string_view name) {
  const auto directory = at_rva<ExportDirectory>(exports_.rva);
  std::uint32_t low = 0;
  std::uint32_t high = directory ? std::min(directory->number_of_names, kMostExports) : 0;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto name_rva = at_rva<std::uint32_t>(std::uint64_t{directory->names} + middle * 4ULL);
    if (!name_rva) {
      return std::nullopt;
    }
    const int order = name.compare(text_at(*name_rva));
    if (order == 0) {
      return at_rva<std::uint16_t>(std::uint64_t{directory->name_ordinals} + middle * 2ULL);
    }
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> PeFile::export_index(const ImportedFunction& function) {
  if (!function.name.empty()) {
    return export_index_by_name(function.name);
  }
  const auto directory = at_rva<ExportDirectory>(exports_.rva);
  return directory ? std::optional(function.ordinal - directory->base) : std::nullopt;
}

std::optional<ExportedFunction> PeFile::find_export(const ImportedFunction& function) {
  const auto directory = exports_.rva == 0 ? std::nullopt : at_rva<ExportDirectory>(exports_.rva);
  const auto index = directory ? export_index(function) : std::nullopt;
  if (!index || *index >= directory->number_of_functions) {
    return std::nullopt;
  }
  const auto rva = at_rva<std::uint32_t>(std::uint64_t{directory->functions} + *index * 4ULL);
  if (!rva || *rva == 0) {
    return std::nullopt;
  }
  // An address inside the export directory is not code but the text of a forwarder.
  return ExportedFunction{*rva - exports_.rva < exports_.size ? text_at(*rva) : std::string()};
}

}  // namespace catcher
