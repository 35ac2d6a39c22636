#include "monitors/debug_strings.h"

#include <utility>

namespace catcher {
void DebugStrings::add(Clock::time_point now, std::string text) {
  if (entries_.size() == kKept) {
    entries_.pop_front();
  }
  if (text.size() > kLongest) {
    text.resize(kLongest);
  }
  entries_.push_back({now, std::move(text), std::exchange(dropped_, 0)});
}

void DebugStrings::drop(Clock::time_point now) {
  ++dropped_;
  last_dropped_ = now;
}

RecentDebugStrings DebugStrings::recent(Clock::time_point moment) const {
  const auto since = moment - kRecent;
  RecentDebugStrings result;
  for (const Entry& entry : entries_) {
    if (entry.time >= since) {
      // What was dropped before the first of them may be older, and is not worth the doubt.
      result.dropped += result.lines.empty() ? 0 : entry.dropped_before;
      result.lines.push_back(entry.text);
    }
  }
  result.dropped += dropped_ > 0 && last_dropped_ >= since ? dropped_ : 0;
  return result;
}

}  // namespace catcher
