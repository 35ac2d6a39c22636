#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace catcher {

// How an amount changed over a time that nobody knows beforehand, in a bounded number of steps: when there are too many
// of them, each becomes twice as long. Of a step the last amount counts.
class GrowthSeries {
 public:
  static constexpr std::size_t kMostSteps = 64;

  // From `time` on it is `amount`. Times do not fall.
  void set(std::chrono::milliseconds time, std::uint64_t amount);

  // What it was at `time`: 0 before the first.
  std::uint64_t at(std::chrono::milliseconds time) const;

 private:
  std::uint64_t width_ = 1;                                     // ms in a step
  std::vector<std::pair<std::uint64_t, std::uint64_t>> steps_;  // number and amount, in order
};

// True when amounts rose nearly all the time and never fell.
bool grows_steadily(const std::vector<std::uint64_t>& amounts);

}  // namespace catcher
