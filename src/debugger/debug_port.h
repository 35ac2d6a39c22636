#pragma once

#include <windows.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace catcher {

// What ended a wait.
enum class WaitResult { kEvent, kWoken, kDeadline, kProcessGone };

// The calling thread's connection to its debuggees: the only code that calls WaitForDebugEvent and ContinueDebugEvent.
// Belongs to the thread that launched the debuggee (the OS's rule) and holds nothing that must be released.
class DebugPort {
 public:
  using Clock = std::chrono::steady_clock;

  // Call after the first debuggee was created: only then the thread has a debug object. `wakes` are events that end a
  // wait early; they stay the caller's.
  explicit DebugPort(std::vector<HANDLE> wakes) noexcept;

  // Sleeps until there is a debug event, one of the wakes is set or the deadline passes. The deadline and the wakes
  // come before events, so that a storm of events delays neither.
  WaitResult wait(std::optional<Clock::time_point> deadline);

  // Debuggees (SYNCHRONIZE) whose end ends a wait too, where no event told of it: a process can take itself out of its
  // debugger's hands. The handles stay the caller's, and must be open during a wait. As many as the OS waits for at
  // once.
  void attend(std::vector<HANDLE> processes) noexcept { processes_ = std::move(processes); }

  // Which of them it was, after a wait() that gave kProcessGone.
  HANDLE gone() const noexcept { return gone_; }

  // Takes an event that is there already, or comes within so long; false when there is none. Listens to no wake.
  bool poll(std::chrono::milliseconds patience = {}) { return take_event(static_cast<DWORD>(patience.count())); }

  // The event of the last wait() that gave kEvent, or of poll() that gave true.
  const DEBUG_EVENT& event() const noexcept { return event_; }

  // Which of the wakes it was, after a wait() that gave kWoken.
  HANDLE woken_by() const noexcept { return woken_by_; }

  const std::vector<HANDLE>& wakes() const noexcept { return wakes_; }

  // Stops listening to the wakes.
  void ignore_wakes() noexcept { wakes_.clear(); }

  // Lets the process of that event go on.
  void resume(DWORD continue_status) noexcept;

 private:
  bool take_event_of_a_storm(std::optional<Clock::time_point> deadline);
  WaitResult wait_with_debug_object(std::optional<Clock::time_point> deadline);
  WaitResult wait_without_debug_object(std::optional<Clock::time_point> deadline);
  bool take_event(DWORD timeout);
  bool is_woken();

  using WaitFunction = BOOL WINAPI(DEBUG_EVENT*, DWORD);
  WaitFunction* wait_function_;
  HANDLE debug_object_;        // the thread's own, owned by ntdll: closing it would end every debuggee
  std::vector<HANDLE> wakes_;  // the caller's
  HANDLE woken_by_ = nullptr;  // one of these
  std::vector<HANDLE> processes_;
  HANDLE gone_ = nullptr;
  Clock::time_point last_event_;   // when it was taken
  Clock::time_point last_looked_;  // at everything that ends a wait
  DEBUG_EVENT event_{};
};

}  // namespace catcher
