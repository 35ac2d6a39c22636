#include "run/attach_run.h"

#include "debugger/attach.h"
#include "debugger/await_program.h"

#include <windows.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace catcher {
namespace {

// What the process has is announced in one go: when nothing more has come for so long, that was it. A process that
// never stops starting threads is looked at in the end.
constexpr std::chrono::milliseconds kQuiet{100};
constexpr std::chrono::seconds kLongest{2};

bool announces(const Event& event) {
  return std::holds_alternative<ProcessStarted>(event.body) || std::holds_alternative<ThreadStarted>(event.body) ||
         std::holds_alternative<ModuleLoaded>(event.body);
}

NeverAttached never_attached(HANDLE stop) {
  return {WaitForSingleObject(stop, 0) == WAIT_OBJECT_0};
}

}  // namespace

LaunchedProcess attach_to_target(const AttachTarget& target, void* stop,
                                 std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::uint32_t pid = target.pid;
  if (!target.wait_for.empty()) {
    const auto awaited = await_program(target.wait_for, stop, deadline);
    if (!awaited) {
      throw never_attached(stop);
    }
    pid = *awaited;
  }
  auto running = attach(pid, stop, deadline);
  if (!running) {
    throw never_attached(stop);
  }
  if (target.ready_event != 0) {
    // From here on every exception comes to us: what it was started for is queued behind what attaching announces.
    announce_attached(target.ready_event);
  }
  return std::move(*running);
}

BreakMoment::BreakMoment(bool wanted, Clock::time_point attached) {
  if (wanted) {
    latest_ = attached + kLongest;
    moment_ = latest_;
  }
}

void BreakMoment::on_event(const Event& event) {
  if (moment_ && announces(event)) {
    moment_ = std::min(Clock::now() + kQuiet, latest_);
  }
}

}  // namespace catcher
