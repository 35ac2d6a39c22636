#include "monitors/debug_log.h"

#include <iterator>
#include <utility>

namespace catcher {

void DebugLog::add(DebugLine line) {
  if (!first_is_full_ && first_.size() < kMostLines && first_bytes_ + line.text.size() <= kMostBytes) {
    first_bytes_ += line.text.size();
    first_.push_back(std::move(line));
    return;
  }
  first_is_full_ = true;  // also for a shorter one that would still fit: it would stand before its time
  last_bytes_ += line.text.size();
  last_.push_back(std::move(line));
  make_room();
}

void DebugLog::make_room() {
  while (last_.size() > kMostLines || (last_bytes_ > kMostBytes && last_.size() > 1)) {
    last_bytes_ -= last_.front().text.size();
    given_up_ += 1 + last_.front().dropped_before;
    last_.pop_front();
  }
}

DebugOutput DebugLog::take(std::uint64_t dropped_after) {
  DebugOutput output;
  output.lines = std::move(first_);
  if (!last_.empty()) {
    last_.front().dropped_before += given_up_;
  }
  output.lines.insert(output.lines.end(), std::move_iterator(last_.begin()), std::move_iterator(last_.end()));
  output.dropped = dropped_after;
  for (const DebugLine& line : output.lines) {
    output.dropped += line.dropped_before;
  }
  *this = DebugLog();
  return output;
}

}  // namespace catcher
