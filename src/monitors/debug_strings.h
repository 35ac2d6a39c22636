#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace catcher {

// What a process said to its debugger shortly before a moment.
struct RecentDebugStrings {
  std::vector<std::string> lines;  // oldest first
  std::uint64_t dropped = 0;       // among and after them: too many came, so that nobody read them
};

// The last debug strings of one process, for the report of its crash. Pure: the time is given.
class DebugStrings {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kLongest = 4096;  // bytes kept of one
  static constexpr std::chrono::seconds kRecent{1};

  void add(Clock::time_point now, std::string text);

  // One that nobody read.
  void drop(Clock::time_point now);

  // Those that came at most kRecent before `moment`, or later.
  RecentDebugStrings recent(Clock::time_point moment) const;

 private:
  struct Entry {
    Clock::time_point time;
    std::string text;
    std::uint64_t dropped_before = 0;
  };

  std::deque<Entry> entries_;
  Clock::time_point last_dropped_;
  std::uint64_t dropped_ = 0;  // since the last entry
};

}  // namespace catcher
