#include "evidence/coff_debuglink.h"

#include "evidence/symbol_text.h"

#include <array>

namespace catcher {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;
constexpr std::size_t kStride = 8;
using CrcTables = std::array<std::array<std::uint32_t, 256>, kStride>;

// Tables for eight bytes a step: a debug file of a few hundred megabytes must not cost a second.
constexpr CrcTables make_tables() {
  CrcTables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][i] = value;
  }
  for (std::size_t table = 1; table < kStride; ++table) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[table - 1][i];
      tables[table][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr CrcTables kTables = make_tables();

std::uint32_t crc_step(std::uint32_t crc, Bytes bytes) {
  std::size_t at = 0;
  for (; at + kStride <= bytes.size(); at += kStride) {
    const std::uint64_t word = *value_at<std::uint64_t>(bytes, at) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < kStride; ++i) {
      crc ^= kTables[kStride - 1 - i][(word >> (8 * i)) & 0xFF];
    }
  }
  for (; at < bytes.size(); ++at) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<std::uint32_t>(bytes[at])) & 0xFF];
  }
  return crc;
}

}  // namespace

std::optional<CoffDebugLink> debug_link(const CoffImage& image) {
  const CoffSection* section = image.section_named(".gnu_debuglink");
  if (section == nullptr) {
    return std::nullopt;
  }
  const Bytes bytes = image.section_bytes(*section);
  const std::string_view name = text_at(bytes, 0);
  const auto crc = value_at<std::uint32_t>(bytes, (name.size() + 1 + 3) & ~std::size_t{3});
  if (!crc || !is_plain_file_name(name)) {
    return std::nullopt;
  }
  return CoffDebugLink{std::string(name), *crc};
}

std::optional<std::uint32_t> debug_link_crc(Bytes bytes, SymbolBudget& budget) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    if (!budget.check()) {
      return std::nullopt;
    }
    crc = crc_step(crc, slice(bytes, at, kPiece));
  }
  return ~crc;
}

}  // namespace catcher
