#pragma once

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <cstdint>

namespace catcher {

// What decide() must know of an exception event.
struct ExceptionFacts {
  std::uint32_t code = 0;
  Chance chance = Chance::kFirst;
  // The thread has just printed ntdll's "Critical error detected" text, which precedes the breakpoint of a heap
  // corruption report.
  bool critical_error_announced = false;
  bool in_ntdll = false;            // the exception address lies in an ntdll; asked only for breakpoints
  bool in_break_in_thread = false;  // raised by the thread that attaching has started in the process
};

// What decide() must know of the process it happened in.
struct ProcessState {
  int bits = 64;
  bool loader_breakpoint_seen =
      false;  // the one that each debugged process raises when its loader has finished (windows-facts C7)
  bool wow64_breakpoint_seen = false;  // its 32-bit twin, STATUS_WX86_BREAKPOINT
  bool attached = false;               // it ran before us
  bool strict_handles = false;         // a bad handle raises an exception in it without a debugger, too
};

// What ContinueDebugEvent is told.
enum class ContinueStatus { kContinue, kNotHandled };

// What an exception event means.
enum class Disposition {
  kLoaderBreakpoint,          // start-up notification, first of its process; or that of an attach
  kWow64LoaderBreakpoint,     // the same from the 32-bit loader
  kNotification,              // a message to a debugger, not an error: thread name, CLR
  kHeapCorruptionBreakpoint,  // ntdll's breakpoint ahead of the real 0xC0000374
  kInvalidHandle,             // exists only because a debugger is there; swallowed and counted
  kConsoleControl,            // Ctrl-C, Ctrl-Break: for the debuggee's own handler
  kPassedOn,                  // first chance, the debuggee's handlers decide
  kCrash,                     // this process has crashed
  kIgnoredDeath               // second chance of a code that the policy ignores: the process ends, no crash
};

// The answer of decide().
struct Action {
  ContinueStatus status = ContinueStatus::kNotHandled;
  Disposition disposition = Disposition::kPassedOn;

  friend bool operator==(const Action&, const Action&) = default;
};

// What to do with an exception: a pure function of what is known, so that each row of the table is tested without a
// process. A second chance is never continued as handled: ntdll would raise it again for ever.
Action decide(const ExceptionFacts& exception, const ProcessState& process, const CrashPolicy& policy);

}  // namespace catcher
