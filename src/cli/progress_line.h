#pragma once

#include <catcher/sweep.h>

#include <chrono>
#include <cstddef>

namespace catcher {

// How far a sweep is, on stderr: one line that is written over on a terminal, else a new line every few seconds.
class ProgressLine {
 public:
  ProgressLine() noexcept;
  ~ProgressLine();  // takes the line away from a terminal
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const SweepProgress& progress);

 private:
  bool on_terminal_;
  std::size_t shown_ = 0;  // characters on the terminal's line
  std::chrono::milliseconds last_{};
};

}  // namespace catcher
