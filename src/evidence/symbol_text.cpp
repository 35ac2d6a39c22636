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

// The controls behind ASCII, U+0080 to U+009F, of which terminals obey some: U+009B is another ESC [.
bool is_c1_control(std::string_view text) {
  return text.size() >= 2 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Of valid UTF-8.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) {
      out += kReplacement;
    } else if (is_c1_control(text.substr(i))) {
      out += kReplacement;
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The beginning of a text, at most `limit` bytes, that ends between two characters.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    return text;
  }
  while (limit > 0 && is_continuation(text[limit])) {
    --limit;
  }
  return text.substr(0, limit);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  const std::string_view beginning = cut(text, limit);
  const bool is_plain = std::all_of(beginning.begin(), beginning.end(),
                                    [](char c) { return static_cast<unsigned char>(c) < 0x80 && !is_control(c); });
  std::string out = is_plain ? std::string(beginning) : without_controls(to_utf8(to_utf16(beginning)));
  if (beginning.size() < text.size() || out.size() > limit) {
    out.resize(cut(out, limit).size());  // U+FFFD is longer than what it stands for
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
