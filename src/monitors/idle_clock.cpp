#include "monitors/idle_clock.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr int kLooks = 10;  // while one time of being idle passes
constexpr std::chrono::milliseconds kShortestInterval{20};
constexpr std::chrono::milliseconds kLongestInterval{500};
constexpr int kNothing = 100;  // one of so many parts of a processor

}  // namespace

IdleClock::IdleClock(std::chrono::milliseconds wanted, Clock::time_point started)
    : wanted_(wanted), busy_until_(started) {}

std::chrono::milliseconds IdleClock::interval() const noexcept {
  return std::clamp(wanted_ / kLooks, kShortestInterval, kLongestInterval);
}

void IdleClock::used(std::chrono::microseconds processor_time, Clock::time_point now) {
  if (!samples_.empty() && processor_time < samples_.back().used) {
    stirred(now);
  }
  samples_.push_back({now, processor_time});
  while (samples_.size() > 1 && now - samples_.front().time > wanted_) {
    samples_.pop_front();
  }
  // The smallest time that an OS counts is a tick of its clock: one of these must not look like work for ever.
  constexpr std::chrono::microseconds kTick{15'625};
  const auto allowed = std::max<std::chrono::microseconds>(
      std::chrono::duration_cast<std::chrono::microseconds>(wanted_) / kNothing,
      std::min<std::chrono::microseconds>(kTick, std::chrono::duration_cast<std::chrono::microseconds>(wanted_) / 10));
  if (processor_time - samples_.front().used > allowed) {
    stirred(now);
  }
}

void IdleClock::stirred(Clock::time_point now) {
  busy_until_ = std::max(busy_until_, now);
  samples_.clear();
}

bool IdleClock::is_idle(Clock::time_point now) const {
  return now - busy_until_ >= wanted_;
}

}  // namespace catcher
