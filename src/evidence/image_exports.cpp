#include "evidence/image_exports.h"

#include <algorithm>
#include <optional>

namespace catcher {
namespace {

constexpr std::uint32_t kMaxExports = 1U << 17;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxNamesTotal = std::size_t{32}
                                       << 20;  // all names together: they may all point to one long text
constexpr std::size_t kMaxImageName = 260;

// IMAGE_EXPORT_DIRECTORY
struct ExportDirectory {
  std::uint32_t characteristics;
  std::uint32_t timestamp;
  std::uint16_t major;
  std::uint16_t minor;
  std::uint32_t name;
  std::uint32_t ordinal_base;
  std::uint32_t function_count;
  std::uint32_t name_count;
  std::uint32_t functions;
  std::uint32_t names;
  std::uint32_t name_ordinals;
};

// A table of numbers in the image; shorter where it cannot be read to its end.
template <typename T>
std::vector<T> read_table(ImageBytes& bytes, std::uint32_t rva, std::uint32_t count) {
  std::vector<T> table(std::min({count, kMaxExports, static_cast<std::uint32_t>(bytes.size() / sizeof(T))}));
  const std::size_t got = bytes.read(rva, std::as_writable_bytes(std::span(table)));
  table.resize(got / sizeof(T));
  return table;
}

}  // namespace

std::vector<ImageExport> read_exports(ImageBytes& bytes, std::uint32_t rva, std::uint32_t size) {
  const auto directory = bytes.value<ExportDirectory>(rva);
  if (!directory) {
    return {};
  }
  const auto functions = read_table<std::uint32_t>(bytes, directory->functions, directory->function_count);
  const auto names = read_table<std::uint32_t>(bytes, directory->names, directory->name_count);
  const auto ordinals = read_table<std::uint16_t>(bytes, directory->name_ordinals, directory->name_count);
  const auto lies_inside = [&](std::uint32_t function) {
    return function != 0 && function < bytes.size() && !(function >= rva && function - rva < size);
  };

  std::vector<ImageExport> exports;
  std::vector<bool> is_named(functions.size());
  std::size_t names_total = 0;
  for (std::size_t i = 0; i < std::min(names.size(), ordinals.size()) && names_total < kMaxNamesTotal; ++i) {
    const std::uint16_t index = ordinals[i];
    if (index < functions.size() && lies_inside(functions[index])) {
      exports.push_back({functions[index], directory->ordinal_base + index, bytes.text(names[i], kMaxName)});
      names_total += exports.back().name.size();
      is_named[index] = true;
    }
  }
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (!is_named[i] && lies_inside(functions[i])) {
      exports.push_back({functions[i], directory->ordinal_base + static_cast<std::uint32_t>(i), {}});
    }
  }
  std::stable_sort(exports.begin(), exports.end(),
                   [](const ImageExport& a, const ImageExport& b) { return a.rva < b.rva; });
  return exports;
}

std::string read_export_name(ImageBytes& bytes, std::uint32_t rva) {
  const auto directory = bytes.value<ExportDirectory>(rva);
  return directory ? bytes.text(directory->name, kMaxImageName) : std::string{};
}

}  // namespace catcher
