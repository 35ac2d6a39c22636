#include "triage/recursion.h"

#include <algorithm>

namespace catcher {

namespace {

// How often the first `period` elements stand at the beginning, one after the other.
std::size_t count_repeats(std::span<const std::size_t> keys, std::size_t period) {
  std::size_t same = 0;
  while (period + same < keys.size() && keys[same] == keys[period + same]) {
    ++same;
  }
  return 1 + same / period;
}

Repeat longest_repeat(std::span<const std::size_t> keys, std::size_t max_period, std::size_t min_count) {
  Repeat longest;
  for (std::size_t period = 1; period <= std::min(max_period, keys.size() / min_count); ++period) {
    const std::size_t count = count_repeats(keys, period);
    if (count >= min_count && period * count > longest.length()) {
      longest = {0, period, count};
    }
  }
  return longest;
}

}  // namespace

std::vector<Repeat> find_repeats(std::span<const std::size_t> keys, std::size_t max_period, std::size_t min_count) {
  std::vector<Repeat> repeats;
  for (std::size_t at = 0; at < keys.size();) {
    Repeat repeat = longest_repeat(keys.subspan(at), max_period, std::max<std::size_t>(min_count, 2));
    repeat.begin = at;
    at += repeat.length();
    repeats.push_back(repeat);
  }
  return repeats;
}

}  // namespace catcher
