#pragma once

#include <catcher/memory_report.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace catcher {

// Samples over a run of any length in a bounded list: when it is full, of each two neighbours the larger is kept, and
// from then on samples are taken half as often.
class MemoryTimeline {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMost = 512;

  MemoryTimeline(Clock::duration interval, Clock::time_point started)
      : interval_(interval), started_(started), next_(started) {}

  // When the next sample is due.
  Clock::time_point due() const { return next_; }

  // `cost` is how long it took to measure: it must not take more than a small share of the time.
  void add(Clock::time_point now, std::uint64_t committed, Clock::duration cost);

  // One that nobody waited for. Of those between two samples that were due, the highest is kept.
  void add_between(Clock::time_point now, std::uint64_t committed);

  std::vector<MemorySample> take() { return std::move(samples_); }

 private:
  void keep(Clock::time_point now, std::uint64_t committed);
  void thin_out();

  Clock::duration interval_;
  Clock::time_point started_;
  Clock::time_point next_;
  std::vector<MemorySample> samples_;
  bool has_between_ = false;  // the last sample is such a one
};

}  // namespace catcher
