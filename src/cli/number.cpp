#include "cli/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace catcher {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t milliseconds;
};
// The first suffix that fits wins: "ms" before "s" and "m".
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}, Unit{"", 1'000}};
constexpr std::int64_t kLongest = 10'000ll * 3'600'000;

struct SizeUnit {
  std::string_view suffix;
  std::int64_t bytes;
};
// The first suffix that fits wins here too. All count by 1024, as Windows does.
constexpr std::array kSizeUnits{SizeUnit{"KiB", std::int64_t{1} << 10},
                                SizeUnit{"KB", std::int64_t{1} << 10},
                                SizeUnit{"K", std::int64_t{1} << 10},
                                SizeUnit{"MiB", std::int64_t{1} << 20},
                                SizeUnit{"MB", std::int64_t{1} << 20},
                                SizeUnit{"M", std::int64_t{1} << 20},
                                SizeUnit{"GiB", std::int64_t{1} << 30},
                                SizeUnit{"GB", std::int64_t{1} << 30},
                                SizeUnit{"G", std::int64_t{1} << 30},
                                SizeUnit{"TiB", std::int64_t{1} << 40},
                                SizeUnit{"TB", std::int64_t{1} << 40},
                                SizeUnit{"T", std::int64_t{1} << 40},
                                SizeUnit{"B", 1},
                                SizeUnit{"", 1}};
constexpr std::int64_t kLargest = std::int64_t{1000} << 40;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Digits with at most one point in between, in thousandths; nothing when it is not a number or too large to matter.
std::optional<std::int64_t> parse_thousandths(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() || whole.size() > 12 || (point < text.size() && fraction.empty()) ||
      !std::all_of(whole.begin(), whole.end(), is_digit) || !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char digit : whole) {
    value = value * 10 + (digit - '0');
  }
  for (std::size_t i = 0; i < 3; ++i) {
    value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  return value;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto unit =
      std::find_if(kUnits.begin(), kUnits.end(), [text](const Unit& u) { return text.ends_with(u.suffix); });
  const auto thousandths = parse_thousandths(text.substr(0, text.size() - unit->suffix.size()));
  // Compared before it is multiplied: so many hours do not fit.
  if (!thousandths || *thousandths / 1000 > kLongest / unit->milliseconds) {
    return std::nullopt;
  }
  const std::int64_t milliseconds = *thousandths * unit->milliseconds / 1000;
  if (milliseconds <= 0 || milliseconds > kLongest) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(milliseconds);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                 [text](const SizeUnit& u) { return text.ends_with(u.suffix); });
  const auto thousandths = parse_thousandths(text.substr(0, text.size() - unit->suffix.size()));
  // The whole part first: thousandths of a large number of terabytes do not fit.
  if (!thousandths || *thousandths / 1000 > kLargest / unit->bytes) {
    return std::nullopt;
  }
  const std::int64_t bytes = *thousandths / 1000 * unit->bytes + *thousandths % 1000 * unit->bytes / 1000;
  return bytes > 0 && bytes <= kLargest ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size() ||
      value > std::numeric_limits<std::uint32_t>::max() ||
      value < (hexadecimal ? 0 : std::numeric_limits<std::int32_t>::min())) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

}  // namespace catcher
