#include "evidence/symbol_text.h"

#include "win32/utf.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_control(c)) {
      out += kReplacement;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  const bool is_cut = text.size() > limit;
  if (is_cut) {
    std::size_t end = limit;
    while (end > 0 && is_continuation(text[end])) {
      --end;
    }
    text = text.substr(0, end);
  }
  const bool is_ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool has_controls = std::any_of(text.begin(), text.end(), is_control);
  std::string out = is_ascii ? std::string(text) : to_utf8(to_utf16(text));
  if (has_controls) {
    out = without_controls(out);
  }
  if (is_cut) {
    out += kEllipsis;
  }
  return out;
}

bool is_plain_file_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find_first_of("\\/:*?\"<>|") == std::string_view::npos &&
         std::none_of(name.begin(), name.end(), is_control);
}

}  // namespace catcher
