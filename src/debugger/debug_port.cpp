#include "debugger/debug_port.h"

#include "win32/dynamic_function.h"
#include "win32/error.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace catcher {
namespace {

// How long a wait that cannot listen to the wakes may last before it looks: only where ntdll does not give the debug
// object away.
constexpr DWORD kBlindSlice = 250;

DWORD time_left(std::optional<DebugPort::Clock::time_point> deadline) {
  if (!deadline) {
    return INFINITE;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - DebugPort::Clock::now()).count();
  return static_cast<DWORD>(std::clamp<long long>(left, 0, INFINITE - 1));
}

}  // namespace

DebugPort::DebugPort(std::vector<HANDLE> wakes) noexcept : debug_object_(nullptr), wakes_(std::move(wakes)) {
  // WaitForDebugEventEx (Windows 10) delivers Unicode debug strings as such.
  wait_function_ = find_function<WaitFunction>(L"kernel32.dll", "WaitForDebugEventEx");
  if (wait_function_ == nullptr) {
    wait_function_ = WaitForDebugEvent;
  }
  // Exported by ntdll since Windows XP; a debug object is a waitable object like any other.
  if (auto* get = find_function<HANDLE NTAPI()>(L"ntdll.dll", "DbgUiGetThreadDebugObject")) {
    debug_object_ = get();
  }
}

WaitResult DebugPort::wait(std::optional<Clock::time_point> deadline) {
  if (deadline && Clock::now() >= *deadline) {
    return WaitResult::kDeadline;
  }
  if (debug_object_ == nullptr) {
    return wait_without_debug_object(deadline);
  }
  return take_event_of_a_storm(deadline) ? WaitResult::kEvent : wait_with_debug_object(deadline);
}

// Where one event follows the other at once, waiting for it alone costs one system call instead of two, and these two
// are most of what an event costs us.
bool DebugPort::take_event_of_a_storm(std::optional<Clock::time_point> deadline) {
  constexpr std::chrono::milliseconds kPause{2};  // longer than that between two events is no storm
  constexpr std::chrono::milliseconds kBlind{20};
  const auto now = Clock::now();
  if (now - last_event_ > kPause || now - last_looked_ > kBlind) {
    last_looked_ = now;
    return false;
  }
  const bool is_near = deadline && *deadline < now + kBlind;
  return take_event(is_near ? time_left(deadline) : static_cast<DWORD>(kBlind.count()));
}

WaitResult DebugPort::wait_with_debug_object(std::optional<Clock::time_point> deadline) {
  // The lowest signalled index wins: a storm of debug events must not drown the wish to stop, and a process that has
  // ended tells so itself if it can.
  std::array<HANDLE, MAXIMUM_WAIT_OBJECTS> all{};
  auto end = std::copy(wakes_.begin(), wakes_.end(), all.begin());
  *end++ = debug_object_;
  end = std::copy_n(processes_.begin(), std::min<std::ptrdiff_t>(std::ssize(processes_), all.end() - end), end);
  const auto handles = std::span(all).first(static_cast<std::size_t>(end - all.begin()));
  for (;;) {
    const DWORD result =
        WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE, time_left(deadline));
    if (result == WAIT_TIMEOUT) {
      return WaitResult::kDeadline;
    }
    if (result >= WAIT_OBJECT_0 + handles.size()) {
      throw last_win32_error("WaitForMultipleObjects");
    }
    if (result < WAIT_OBJECT_0 + wakes_.size()) {
      woken_by_ = handles[result - WAIT_OBJECT_0];
      return WaitResult::kWoken;
    }
    if (take_event(0)) {
      return WaitResult::kEvent;
    }
    if (result > WAIT_OBJECT_0 + wakes_.size()) {
      gone_ = handles[result - WAIT_OBJECT_0];
      return WaitResult::kProcessGone;
    }
  }
}

WaitResult DebugPort::wait_without_debug_object(std::optional<Clock::time_point> deadline) {
  for (;;) {
    const DWORD left = time_left(deadline);
    if (take_event(!wakes_.empty() ? std::min(left, kBlindSlice) : left)) {
      return WaitResult::kEvent;
    }
    if (is_woken()) {
      return WaitResult::kWoken;
    }
    if (deadline && Clock::now() >= *deadline) {
      return WaitResult::kDeadline;
    }
  }
}

bool DebugPort::is_woken() {
  const auto set = std::find_if(wakes_.begin(), wakes_.end(),
                                [](HANDLE wake) { return WaitForSingleObject(wake, 0) == WAIT_OBJECT_0; });
  woken_by_ = set == wakes_.end() ? nullptr : *set;
  return set != wakes_.end();
}

bool DebugPort::take_event(DWORD timeout) {
  if (wait_function_(&event_, timeout) != 0) {
    last_event_ = Clock::now();
    return true;
  }
  if (GetLastError() != ERROR_SEM_TIMEOUT) {
    throw last_win32_error("WaitForDebugEventEx");
  }
  return false;
}

void DebugPort::resume(DWORD continue_status) noexcept {
  // Fails only when the process was ended from outside in the meantime, whose exit event then follows anyway.
  ContinueDebugEvent(event_.dwProcessId, event_.dwThreadId, continue_status);
}

}  // namespace catcher
