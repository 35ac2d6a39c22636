#pragma once

#include "debugger/decide.h"
#include "debugger/process_tree.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace catcher {

struct ProcessStarted {};

// Memory and handles of the process may already be gone (they are still there on Windows, not everywhere else).
struct ProcessEnded {
  std::uint32_t status = 0;
};

struct ThreadStarted {};

struct ThreadEnded {
  std::uint32_t status = 0;
};

struct ModuleLoaded {
  Address base;
};

struct ModuleUnloaded {
  Address base;
};

// The debuggee's text still lies in its memory: reading it costs, so only who wants it does.
struct DebugString {
  Address text;
  std::uint16_t bytes = 0;  // low 16 bits of the length only, with the terminating zero
  bool is_unicode = false;
};

struct ExceptionRaised {
  std::uint32_t code = 0;
  std::uint32_t flags = 0;
  Address address;
  std::vector<std::uint64_t> parameters;
  Chance chance = Chance::kFirst;
  Action action;  // what decide() said
};

// Why catcher stops a debuggee at a function.
enum class WatchPurpose { kTerminateProcess, kRemoveDebugger, kAbort, kAssert, kWideAssert };

// A thread arrived at a function that catcher watches.
struct WatchedFunctionReached {
  WatchPurpose purpose = WatchPurpose::kAbort;
  Address address;
  // For kTerminateProcess: what its two arguments were; for kRemoveDebugger: the first.
  std::uint64_t process_handle = 0;
  std::uint32_t exit_status = 0;
  std::string assertion;  // for kAssert and kWideAssert: "expression, file:line"
};

// RIP_EVENT: a system debugging error.

struct SystemError {
  std::uint32_t error = 0;
  std::uint32_t type = 0;
};

using EventBody = std::variant<ProcessStarted, ProcessEnded, ThreadStarted, ThreadEnded, ModuleLoaded, ModuleUnloaded,
                               DebugString, ExceptionRaised, WatchedFunctionReached, SystemError>;

// One debug event, after the model has been brought up to date. The process stands still until the next
// Session::next().
struct Event {
  Process* process = nullptr;  // never null
  Thread* thread = nullptr;    // null for a thread that nobody announced
  std::uint32_t tid = 0;
  EventBody body;
};

}  // namespace catcher
