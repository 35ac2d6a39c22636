#include "monitors/time_budget.h"

#include <algorithm>

namespace catcher {

bool TimeBudget::has_some(Clock::time_point now) {
  credit_ = std::min<Clock::duration>(reserve_, credit_ + (now - last_asked_) / share_);
  last_asked_ = now;
  return credit_ > Clock::duration::zero();
}

}  // namespace catcher
