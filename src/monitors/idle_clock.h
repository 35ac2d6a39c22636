#pragma once

#include <chrono>
#include <deque>

namespace catcher {

// Knows how long a tree has used no processor time to speak of. A program that waits for its user still blinks a cursor
// and answers timers: less than one per cent of a processor counts as nothing. Pure: times and measurements are given.
class IdleClock {
 public:
  using Clock = std::chrono::steady_clock;

  // `wanted`: how long a tree must be idle.
  IdleClock(std::chrono::milliseconds wanted, Clock::time_point started);

  // How often used() wants to be told: often enough to notice the end of the time by about a tenth of it.
  std::chrono::milliseconds interval() const noexcept;

  // What the threads that live now have used so far. Threads that ended take their share along, so that it may be less
  // than before.
  void used(std::chrono::microseconds processor_time, Clock::time_point now);

  // Something happened that shows life: a process or thread was born or ended, an exception was raised.
  void stirred(Clock::time_point now);

  // True when nothing was used for as long as was wanted.
  bool is_idle(Clock::time_point now) const;

 private:
  struct Sample {
    Clock::time_point time;
    std::chrono::microseconds used;
  };

  std::chrono::milliseconds wanted_;
  Clock::time_point busy_until_;
  std::deque<Sample> samples_;  // of the last `wanted_`
};

}  // namespace catcher
