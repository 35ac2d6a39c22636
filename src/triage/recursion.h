#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace catcher {

// A stretch of a sequence: `period` elements from `begin` on, which stand there `count` times in a row.
struct Repeat {
  std::size_t begin = 0;
  std::size_t period = 1;
  std::size_t count = 1;

  std::size_t length() const { return period * count; }
  friend bool operator==(const Repeat&, const Repeat&) = default;
};

// Splits a sequence into stretches, in order and without gaps: recursion, whose period is at most `max_period` and
// which comes at least `min_count` times, and single elements. At each place the longest stretch wins, the shortest
// period among equals.
std::vector<Repeat> find_repeats(std::span<const std::size_t> keys, std::size_t max_period, std::size_t min_count);

}  // namespace catcher
