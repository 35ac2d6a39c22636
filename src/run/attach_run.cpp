#include "run/attach_run.h"

#include "debugger/attach.h"
#include "debugger/await_program.h"

#include <windows.h>

#include <variant>

namespace catcher {
namespace {

// The thread that attaching starts in the process is the last that is announced. Where it cannot even start, because
// the loader's lock is taken, everything else is known by then all the same.
constexpr std::chrono::seconds kLongestBreakIn{2};

}  // namespace

LaunchedProcess attach_to_target(const AttachTarget& target, void* stop,
                                 std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::uint32_t pid = target.pid;
  if (!target.wait_for.empty()) {
    const auto awaited = await_program(target.wait_for, stop, deadline);
    if (!awaited) {
      throw NeverAttached{WaitForSingleObject(stop, 0) == WAIT_OBJECT_0};
    }
    pid = *awaited;
  }
  LaunchedProcess running = attach(pid);
  if (target.ready_event != 0) {
    // From here on every exception comes to us: what it was started for is queued behind what attaching announces.
    announce_attached(target.ready_event);
  }
  return running;
}

BreakMoment::BreakMoment(bool wanted, Clock::time_point attached) {
  if (wanted) {
    moment_ = attached + kLongestBreakIn;
  }
}

void BreakMoment::on_event(const Event& event) {
  const bool all_announced =
      std::holds_alternative<ThreadEnded>(event.body) && event.thread != nullptr && event.thread->is_break_in;
  if (moment_ && all_announced) {
    moment_ = Clock::now();
  }
}

}  // namespace catcher
