#include "debugger/remote_exports.h"

#include <algorithm>
#include <span>
#include <vector>

namespace catcher {
namespace {

// More than any system DLL has; a bound for damaged headers.
constexpr std::uint32_t kMostExportBytes = 4u << 20;

// The bytes of an image's export directory, which holds the tables and the names.
class ExportBytes {
 public:
  ExportBytes(const MemoryReader& memory, Address base, const ImageHeaders& headers)
      : rva_(headers.export_directory), bytes_(std::min(headers.export_size, kMostExportBytes)) {
    bytes_.resize(memory.read(base + rva_, bytes_));
  }

  template <typename T>
  std::optional<T> at(std::uint64_t rva) const {
    if (rva < rva_ || rva - rva_ > bytes_.size() || bytes_.size() - (rva - rva_) < sizeof(T)) {
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, bytes_.data() + (rva - rva_), sizeof value);
    return value;
  }

  // Compares the zero-terminated name at `rva`, like strcmp: the name table is sorted that way.
  std::optional<int> compare_name(std::uint32_t rva, std::string_view name) const {
    for (std::size_t i = 0; i <= name.size(); ++i) {
      const auto c = at<unsigned char>(std::uint64_t{rva} + i);
      if (!c) {
        return std::nullopt;
      }
      const auto wanted = i < name.size() ? static_cast<unsigned char>(name[i]) : static_cast<unsigned char>(0);
      if (*c != wanted) {
        return *c < wanted ? -1 : 1;
      }
    }
    return 0;
  }

  bool holds(std::uint32_t rva) const { return rva >= rva_ && rva - rva_ < bytes_.size(); }

 private:
  std::uint32_t rva_;
  std::vector<std::byte> bytes_;
};

// IMAGE_EXPORT_DIRECTORY of winnt.h, from NumberOfNames on.
struct ExportTables {
  std::uint32_t names;
  std::uint32_t functions_rva;
  std::uint32_t names_rva;
  std::uint32_t ordinals_rva;
};
constexpr std::uint32_t kNumberOfNamesOffset = 24;

// The index of a name, by binary search.
std::optional<std::uint32_t> find_name(const ExportBytes& bytes, const ExportTables& tables, std::string_view name) {
  std::uint32_t low = 0;
  std::uint32_t high = tables.names;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto name_rva = bytes.at<std::uint32_t>(std::uint64_t{tables.names_rva} + std::uint64_t{middle} * 4);
    const auto order = name_rva ? bytes.compare_name(*name_rva, name) : std::nullopt;
    if (!order) {
      return std::nullopt;
    }
    if (*order == 0) {
      return middle;
    }
    if (*order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ImageHeaders> read_image_headers(const MemoryReader& memory, Address base) {
  // Offsets of the PE format specification; one read holds the headers of every real image.
  std::vector<std::byte> page(4096);
  page.resize(memory.read(base, page));
  const auto value_at = [&page]<typename T>(T, std::uint64_t offset) -> std::optional<T> {
    if (offset > page.size() || page.size() - offset < sizeof(T)) {
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, page.data() + offset, sizeof value);
    return value;
  };
  constexpr std::uint16_t kDosSignature = 0x5A4D;
  constexpr std::uint32_t kPeSignature = 0x00004550;
  constexpr std::uint16_t kPe32Plus = 0x20B;
  const auto pe = value_at(std::uint32_t{}, 0x3C);
  if (value_at(std::uint16_t{}, 0) != kDosSignature || !pe || value_at(std::uint32_t{}, *pe) != kPeSignature) {
    return std::nullopt;
  }
  const std::uint64_t optional_header = std::uint64_t{*pe} + 24;
  const auto magic = value_at(std::uint16_t{}, optional_header);
  const auto size = value_at(std::uint32_t{}, optional_header + 56);
  const auto timestamp = value_at(std::uint32_t{}, std::uint64_t{*pe} + 8);
  if (!magic || !size || !timestamp) {
    return std::nullopt;
  }
  const bool is_64_bit = *magic == kPe32Plus;
  const std::uint64_t directories = optional_header + (is_64_bit ? 112 : 96);
  return ImageHeaders{is_64_bit, *size, *timestamp, value_at(std::uint32_t{}, directories).value_or(0),
                      value_at(std::uint32_t{}, directories + 4).value_or(0)};
}

std::optional<Address> find_export(const MemoryReader& memory, Address base, std::string_view name) {
  return find_exports(memory, base, std::span(&name, 1)).front();
}

std::vector<std::optional<Address>> find_exports(const MemoryReader& memory, Address base,
                                                 std::span<const std::string_view> names) {
  const auto headers = read_image_headers(memory, base);
  return headers ? find_exports(memory, base, *headers, names) : std::vector<std::optional<Address>>(names.size());
}

std::vector<std::optional<Address>> find_exports(const MemoryReader& memory, Address base, const ImageHeaders& headers,
                                                 std::span<const std::string_view> names) {
  std::vector<std::optional<Address>> found(names.size());
  if (headers.export_directory == 0) {
    return found;
  }
  const ExportBytes bytes(memory, base, headers);
  const auto tables = bytes.at<ExportTables>(std::uint64_t{headers.export_directory} + kNumberOfNamesOffset);
  for (std::size_t i = 0; tables && i < names.size(); ++i) {
    const auto index = find_name(bytes, *tables, names[i]);
    const auto ordinal =
        index ? bytes.at<std::uint16_t>(std::uint64_t{tables->ordinals_rva} + std::uint64_t{*index} * 2) : std::nullopt;
    const auto rva = ordinal
                         ? bytes.at<std::uint32_t>(std::uint64_t{tables->functions_rva} + std::uint64_t{*ordinal} * 4)
                         : std::nullopt;
    if (rva && *rva != 0 && *rva < headers.size && !bytes.holds(*rva)) {
      found[i] = base + *rva;
    }
  }
  return found;
}

}  // namespace catcher
