#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace catcher {

// What a whole tree told its debugger, for the report: the first texts, which say how it began, and the last, which say
// how it ended. What lies between is counted. Pure.
class DebugLog {
 public:
  static constexpr std::size_t kMostLines = 2048;                  // at each end
  static constexpr std::size_t kMostBytes = std::size_t{1} << 19;  // of text, at each end

  void add(DebugLine line);

  // Everything, oldest first, when so many more were dropped after the last. Empties it.
  DebugOutput take(std::uint64_t dropped_after);

 private:
  void make_room();

  std::vector<DebugLine> first_;
  std::size_t first_bytes_ = 0;
  bool first_is_full_ = false;
  std::deque<DebugLine> last_;
  std::size_t last_bytes_ = 0;
  std::uint64_t given_up_ = 0;  // between first_ and last_
};

}  // namespace catcher
