#pragma once

#include <windows.h>

#include <chrono>
#include <optional>

namespace catcher {

// What ended a wait.
enum class WaitResult { kEvent, kWoken, kDeadline };

// The calling thread's connection to its debuggees: the only code that calls WaitForDebugEvent and ContinueDebugEvent.
// Belongs to the thread that launched the debuggee (the OS's rule) and holds nothing that must be released.
class DebugPort {
 public:
  using Clock = std::chrono::steady_clock;

  // Call after the first debuggee was created: only then the thread has a debug object. `wake` is an event that ends a
  // wait early; it stays the caller's, and may be null.
  explicit DebugPort(HANDLE wake) noexcept;

  // Sleeps until there is a debug event, `wake` is set or the deadline passes. The deadline and `wake` come before
  // events, so that a storm of events delays neither.
  WaitResult wait(std::optional<Clock::time_point> deadline);

  // Takes an event that is there already; false when there is none.
  bool poll() { return take_event(0); }

  // The event of the last wait() that gave kEvent, or of poll() that gave true.
  const DEBUG_EVENT& event() const noexcept { return event_; }

  // Stops listening to `wake`.
  void ignore_wake() noexcept { wake_ = nullptr; }

  // Lets the process of that event go on.
  void resume(DWORD continue_status) noexcept;

 private:
  WaitResult wait_with_debug_object(std::optional<Clock::time_point> deadline);
  WaitResult wait_without_debug_object(std::optional<Clock::time_point> deadline);
  bool take_event(DWORD timeout);

  using WaitFunction = BOOL WINAPI(DEBUG_EVENT*, DWORD);
  WaitFunction* wait_function_;
  HANDLE debug_object_;  // the thread's own, owned by ntdll: closing it would end every debuggee
  HANDLE wake_;          // the caller's
  DEBUG_EVENT event_{};
};

}  // namespace catcher
