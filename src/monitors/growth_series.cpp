#include "monitors/growth_series.h"

#include <algorithm>

namespace catcher {

void GrowthSeries::set(std::chrono::milliseconds time, std::uint64_t amount) {
  const auto moment = static_cast<std::uint64_t>(std::max<std::chrono::milliseconds::rep>(time.count(), 0));
  while (!steps_.empty() && moment / width_ >= steps_.front().first + kMostSteps) {
    width_ *= 2;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> wider;
    for (const auto& [step, value] : steps_) {
      if (wider.empty() || wider.back().first != step / 2) {
        wider.emplace_back(step / 2, value);
      }
      wider.back().second = value;
    }
    steps_ = std::move(wider);
  }
  const std::uint64_t step = moment / width_;
  if (steps_.empty() || steps_.back().first < step) {
    steps_.emplace_back(step, amount);
  }
  steps_.back().second = amount;
}

std::uint64_t GrowthSeries::at(std::chrono::milliseconds time) const {
  const auto moment = static_cast<std::uint64_t>(std::max<std::chrono::milliseconds::rep>(time.count(), 0)) / width_;
  const auto later = std::upper_bound(steps_.begin(), steps_.end(), moment,
                                      [](std::uint64_t wanted, const auto& step) { return wanted < step.first; });
  return later == steps_.begin() ? 0 : std::prev(later)->second;
}

bool grows_steadily(const std::vector<std::uint64_t>& amounts) {
  if (amounts.size() < 2 || !std::is_sorted(amounts.begin(), amounts.end())) {
    return false;
  }
  std::size_t rises = 0;
  for (std::size_t i = 1; i < amounts.size(); ++i) {
    rises += amounts[i] > amounts[i - 1] ? 1U : 0U;
  }
  return rises * 4 >= (amounts.size() - 1) * 3;
}

}  // namespace catcher
