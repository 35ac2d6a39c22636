// Text of a debuggee on its way to a terminal, a JSON file and back from UTF-16: what comes out is valid and harmless,
// and what was harmless comes out as it was.
#include "evidence/symbol_text.h"
#include "fuzz_input.h"
#include "report/escape.h"
#include "utf8_check.h"
#include "win32/utf.h"

namespace catcher::fuzz {
namespace {

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool has_control(const std::vector<char32_t>& points) {
  return std::any_of(points.begin(), points.end(), is_control);
}

bool changes_direction(char32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0x200E ||
         point == 0x200F;
}

void check_terminal(std::string_view text) {
  const std::string safe = escape_for_terminal(text);
  const auto points = code_points(safe);
  require(points.has_value(), "text for a terminal is UTF-8");
  require(!has_control(*points), "text for a terminal has no control characters");
  require(std::none_of(points->begin(), points->end(), changes_direction), "text for a terminal keeps its direction");
  require(escape_for_terminal(safe) == safe, "escaped text needs no more escaping");
  require(safe.size() <= 4 * text.size() + 4, "escaping makes text at most four times as long");
  require(!is_plain_ascii(text) || safe == text, "plain text stays as it is");
}

void check_utf8(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  require(code_points(valid).has_value(), "made valid, it is UTF-8");
  require(!code_points(text) || valid == text, "valid UTF-8 stays as it is");
  require(to_valid_utf8(valid) == valid, "made valid once is enough");
  const std::string there_and_back = to_utf8(to_utf16(text));
  require(code_points(there_and_back).has_value(), "UTF-8 by way of UTF-16 is UTF-8");
  require(!code_points(text) || there_and_back == text, "valid UTF-8 survives UTF-16");
}

void check_printable(std::string_view text) {
  for (const std::size_t limit : {std::size_t{2048}, std::size_t{16}, std::size_t{1}}) {
    const std::string shown = printable(text, limit);
    const auto points = code_points(shown);
    require(points.has_value(), "a printable name is UTF-8");
    require(!has_control(*points), "a printable name has no control characters");
    require(shown.size() <= limit + 3, "a printable name keeps to its limit");
  }
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  const std::string_view text = as_text(data, size);
  check_terminal(text);
  check_utf8(text);
  check_printable(text);
  const std::wstring units = as_utf16(data, size);
  const std::string narrow = catcher::to_utf8(units);
  require(code_points(narrow).has_value(), "UTF-16 becomes UTF-8");
  require(catcher::to_utf8(catcher::to_utf16(narrow)) == narrow, "made once it stays");
  return 0;
}
