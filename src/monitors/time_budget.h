#pragma once

#include <chrono>

namespace catcher {

// How much of a target's time catcher may take for something that is nice to have. What is spent is paid back by the
// time that passes: in the long run it is never more than the share, however often somebody asks. Pure: the time is
// given.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  // One part in `share` of all time, and `reserve` beyond that for a burst.
  TimeBudget(int share, Clock::duration reserve) : share_(share), reserve_(reserve), credit_(reserve) {}

  // True when there is something left. Does not take it.
  bool has_some(Clock::time_point now);

  // What it did take in the end; may be more than there was, and is then owed.
  void spend(Clock::duration cost) { credit_ -= cost; }

 private:
  int share_;
  Clock::duration reserve_;
  Clock::duration credit_;
  Clock::time_point last_asked_;
};

}  // namespace catcher
