#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace catcher::fuzz {

// The code points of a text, or nothing when it is not UTF-8 (RFC 3629). Written a second time, by the definition, so
// that it does not share a mistake with the code that it judges.
inline std::optional<std::vector<char32_t>> code_points(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::size_t length = byte(i) < 0x80       ? 1
                               : byte(i) >> 5 == 6  ? 2
                               : byte(i) >> 4 == 14 ? 3
                               : byte(i) >> 3 == 30 ? 4
                                                    : 0;
    if (length == 0 || i + length > text.size()) {
      return std::nullopt;
    }
    char32_t point = length == 1 ? byte(i) : byte(i) & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if (byte(i + k) >> 6 != 2) {
        return std::nullopt;
      }
      point = point << 6 | (byte(i + k) & 0x3FU);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
      return std::nullopt;
    }
    points.push_back(point);
    i += length;
  }
  return points;
}

inline bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

}  // namespace catcher::fuzz
