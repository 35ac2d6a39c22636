#include "monitors/handled_counts.h"

#include "triage/exception_catalogue.h"

#include <algorithm>

namespace catcher {

void HandledCounts::add(std::uint32_t code) {
  const auto known = counts_.find(code);
  if (known != counts_.end()) {
    ++known->second;
  } else if (counts_.size() < kMostCodes) {
    counts_.emplace(code, 1);
  } else {
    ++others_;
  }
}

void HandledCounts::discount(std::uint32_t code, std::uint64_t events) {
  const auto known = counts_.find(code);
  std::uint64_t& count = known == counts_.end() ? others_ : known->second;
  count -= std::min(count, events);
  if (known != counts_.end() && count == 0) {
    counts_.erase(known);
  }
}

std::vector<HandledException> HandledCounts::list() const {
  std::vector<HandledException> result;
  result.reserve(counts_.size() + 1);
  for (const auto& [code, count] : counts_) {
    result.push_back({code, exception_name(code), count});
  }
  if (others_ != 0) {
    result.push_back({0, "other codes", others_});
  }
  return result;
}

}  // namespace catcher
