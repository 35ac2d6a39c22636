// Numbers and words that a person types: durations, sizes, codes, mistyped options.
#include "cli/number.h"
#include "cli/suggest.h"
#include "fuzz_input.h"
#include "triage/exception_catalogue.h"

#include <fmt/format.h>

namespace catcher::fuzz {
namespace {

void check_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return;
  }
  const std::int64_t milliseconds = duration->count();
  require(milliseconds > 0 && milliseconds <= 36'000'000'000, "a duration is more than nothing and at most 10,000 h");
  require(parse_duration(fmt::format("{}ms", milliseconds)) == duration,
          "the same in milliseconds is the same duration");
  require(std::isdigit(static_cast<unsigned char>(text.front())) != 0, "a duration begins with a digit");
}

void check_size(std::string_view text) {
  const auto size = parse_size(text);
  if (!size) {
    return;
  }
  require(*size > 0 && *size <= std::uint64_t{1000} << 40, "a size is more than nothing and at most 1,000 T");
  const auto in_bytes = parse_size(fmt::format("{}", *size));
  require(!in_bytes || in_bytes == size, "the same in bytes is the same size");
}

void check_number(std::string_view text) {
  const auto number = parse_number(text);
  if (number) {
    require(parse_number(fmt::format("{}", *number)) == number, "in decimal it is the same number");
    require(parse_number(fmt::format("{:#x}", *number)) == number, "in hexadecimal it is the same number");
  }
  if (const auto code = parse_exception_code(text)) {
    require(parse_exception_code(exception_name(*code)) == code, "the name of a code is the code");
    require(!number || number == code, "a number is a code");
  }
}

void check_suggestion(std::string_view text) {
  const std::vector<std::string> known = {"--timeout", "--report", "--first-chance", "--crash-on", "-q", ""};
  const auto nearest = nearest_word(text, known);
  require(!nearest || std::find(known.begin(), known.end(), *nearest) != known.end(), "what is suggested exists");
  const auto is_known = std::find(known.begin(), known.end(), text) != known.end();
  require(!is_known || nearest == std::string(text), "a known word is its own nearest");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  const std::string_view text = as_text(data, size);
  check_duration(text);
  check_size(text);
  check_number(text);
  check_suggestion(text);
  return 0;
}
