#pragma once

#include <chrono>
#include <optional>

namespace catcher {

// Knows when a run has lasted too long. It waits for nothing itself: the loop sleeps until deadline().
class DeadlineMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  // No timeout: no deadline. One that lies beyond the clock's range counts as none.
  DeadlineMonitor(std::optional<std::chrono::milliseconds> timeout, Clock::time_point started);

  std::optional<Clock::time_point> deadline() const noexcept { return deadline_; }

 private:
  std::optional<Clock::time_point> deadline_;
};

}  // namespace catcher
