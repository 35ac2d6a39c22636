#include "monitors/memory_timeline.h"

#include <algorithm>

namespace catcher {

void MemoryTimeline::add(Clock::time_point now, std::uint64_t committed, Clock::duration cost) {
  constexpr int kShareOfTime = 20;
  keep(now, committed);
  has_between_ = false;
  next_ = now + std::max(interval_, cost * kShareOfTime);
}

void MemoryTimeline::add_between(Clock::time_point now, std::uint64_t committed) {
  if (!has_between_) {
    keep(now, committed);
    has_between_ = true;
  } else if (committed >= samples_.back().committed) {
    samples_.pop_back();
    keep(now, committed);
  }
}

void MemoryTimeline::keep(Clock::time_point now, std::uint64_t committed) {
  samples_.push_back({std::chrono::duration_cast<std::chrono::milliseconds>(now - started_), committed});
  if (samples_.size() == kMost) {
    thin_out();
  }
}

void MemoryTimeline::thin_out() {
  std::vector<MemorySample> kept;
  for (std::size_t i = 0; i + 1 < samples_.size(); i += 2) {
    kept.push_back(samples_[i].committed >= samples_[i + 1].committed ? samples_[i] : samples_[i + 1]);
  }
  samples_ = std::move(kept);
  interval_ *= 2;
}

}  // namespace catcher
