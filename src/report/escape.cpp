#include "report/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace catcher {

namespace {

// The beginning of a text: one code point, or bytes that cannot be one.
struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 1;
  bool valid = true;
};

constexpr std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

// What the first byte of a sequence says: its length, the bits it holds and the least code point that needs this
// length.
struct LeadByte {
  std::size_t length;
  char32_t bits;
  char32_t least;
};

constexpr LeadByte lead_byte(std::uint8_t byte) {
  if (byte < 0x80) {
    return {1, byte, 0};
  }
  if (byte >= 0xC2 && byte <= 0xDF) {
    return {2, byte & 0x1FU, 0x80};
  }
  if (byte >= 0xE0 && byte <= 0xEF) {
    return {3, byte & 0x0FU, 0x800};
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    return {4, byte & 0x07U, 0x10000};
  }
  return {0, 0, 0};
}

Decoded decode_first(std::string_view text) {
  const LeadByte lead = lead_byte(byte_at(text, 0));
  if (lead.length == 0) {
    return {0, 1, false};
  }
  char32_t code_point = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i >= text.size() || (byte_at(text, i) & 0xC0U) != 0x80) {
      return {0, i, false};
    }
    code_point = (code_point << 6U) | (byte_at(text, i) & 0x3FU);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < lead.least || code_point > 0x10FFFF || surrogate) {
    return {0, lead.length, false};
  }
  return {code_point, lead.length, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

// Code points that a reader cannot see, or that change how what follows is shown.
constexpr std::array kUnsafe = {
    Range{0x00, 0x1F},        // C0 controls, among them ESC
    Range{0x7F, 0x9F},        // DEL, C1 controls, among them CSI
    Range{0xAD, 0xAD},        // soft hyphen
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x180E, 0x180E},    // Mongolian vowel separator
    Range{0x200B, 0x200F},    // zero-width characters, directional marks
    Range{0x2028, 0x202E},    // line and paragraph separator, directional embeddings and overrides
    Range{0x2060, 0x206F},    // invisible operators, directional isolates
    Range{0xFE00, 0xFE0F},    // variation selectors
    Range{0xFEFF, 0xFEFF},    // zero-width no-break space
    Range{0xFFF0, 0xFFFB},    // interlinear annotation
    Range{0xFFFE, 0xFFFF},    // no characters
    Range{0xE0000, 0xE0FFF},  // tags, further variation selectors
};

bool is_unsafe(char32_t code_point) {
  return std::ranges::any_of(kUnsafe,
                             [&](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

std::string escaped(char32_t code_point) {
  switch (code_point) {
    case U'\n':
      return "\\n";
    case U'\r':
      return "\\r";
    case U'\t':
      return "\\t";
    default:
      break;
  }
  const auto number = static_cast<std::uint32_t>(code_point);
  if (number < 0x80) {
    return fmt::format("\\x{:02x}", number);
  }
  return number <= 0xFFFF ? fmt::format("\\u{:04x}", number) : fmt::format("\\U{:08x}", number);
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode_first(text);
    if (!next.valid) {
      for (std::size_t i = 0; i < next.length; ++i) {
        fmt::format_to(std::back_inserter(safe), "\\x{:02x}", byte_at(text, i));
      }
    } else if (is_unsafe(next.code_point)) {
      safe += escaped(next.code_point);
    } else {
      safe += text.substr(0, next.length);
    }
    text.remove_prefix(next.length);
  }
  return safe;
}

std::string to_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode_first(text);
    valid += next.valid ? text.substr(0, next.length) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(next.length);
  }
  return valid;
}

}  // namespace catcher
