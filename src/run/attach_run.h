#pragma once

#include "debugger/event.h"
#include "debugger/launch.h"

#include <catcher/options.h>

#include <chrono>
#include <optional>

namespace catcher {

// The wait for a program (AttachTarget::wait_for) was over before it was started, or before it could be debugged.
struct NeverAttached {
  bool interrupted = false;  // by `stop`; else the deadline passed
};

// Attaches to the process that the options name, waiting for it where they ask for that, and tells who is waiting for a
// debugger that there is one. `stop` is an event (HANDLE), not taken. Throws StartError and NeverAttached.
LaunchedProcess attach_to_target(const AttachTarget& target, void* stop,
                                 std::optional<std::chrono::steady_clock::time_point> deadline);

// When `--break` is to look at the process that was attached to: as soon as all its threads and modules have been
// announced. Waits for nothing itself.
class BreakMoment {
 public:
  using Clock = std::chrono::steady_clock;

  // Not `wanted`: never.
  BreakMoment(bool wanted, Clock::time_point attached);

  void on_event(const Event& event);

  std::optional<Clock::time_point> moment() const noexcept { return moment_; }

 private:
  Clock::time_point latest_;
  std::optional<Clock::time_point> moment_;
};

}  // namespace catcher
