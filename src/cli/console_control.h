#pragma once

#include <catcher/run.h>

namespace catcher {

// While it lives, Ctrl-C, Ctrl-Break and the closing of the console stop the run; a second Ctrl-C ends catcher at once
// (and with it, by the job, the tree). At most one at a time: the OS's handler has no argument to tell two apart.
class ConsoleControl {
 public:
  // Throws std::system_error.
  explicit ConsoleControl(const StopSource& stop);
  ~ConsoleControl();
  ConsoleControl(const ConsoleControl&) = delete;
  ConsoleControl& operator=(const ConsoleControl&) = delete;
};

}  // namespace catcher
