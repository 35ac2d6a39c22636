#pragma once

#include <catcher/run_report.h>

#include <cstdint>

namespace catcher {

// Shows on stderr what a tree gives to OutputDebugString (--debug-output): each line with the pid of who said it, made
// safe for a terminal.
class DebugEcho {
 public:
  void show(const DebugLine& line);

  // Says how many texts were not shown, but for those that show() has told of. To be called when the run has ended.
  void finish(const DebugOutput& output) const;

 private:
  std::uint64_t accounted_for_ = 0;
};

}  // namespace catcher
