#pragma once

#include "debugger/event.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace catcher {

// What an event means for the crash job. At most one of the two is there.
struct CrashFinding {
  std::optional<Crash> crash;
  std::optional<std::uint32_t> cannot_start;  // the root's loader gave up with this status
};

// Finds the crashes of a tree: second-chance exceptions, fail fasts, abort(), error statuses, and processes that die
// without a second chance. Counts the exceptions that debuggees handle themselves. Prints nothing, ends nothing.
class CrashMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  CrashMonitor(const CrashPolicy& policy, Clock::time_point run_started);

  // The process of the event stands still while this runs.
  CrashFinding on_event(const Event& event);

  // First-chance exceptions that the debuggees took care of, by code.
  std::vector<HandledException> handled_exceptions() const;

 private:
  // A first-chance hardware fault of which no end was seen yet.
  struct OpenFault {
    ExceptionInfo exception;
    Clock::time_point time;
  };
  // What is remembered of one process until it ends.
  struct Watch {
    std::map<std::uint32_t, OpenFault> open_faults;         // by tid
    std::map<std::uint32_t, std::uint32_t> last_passed_on;  // exception code by tid
    std::map<Address, std::pair<std::string, std::uint64_t>>
        fault_sites;  // module and offset, looked up once an address
    bool crashed = false;
  };

  CrashFinding on_exception(const Event& event, const ExceptionRaised& raised, Watch& watch);
  CrashFinding on_abort(const Event& event, Watch& watch);
  CrashFinding on_process_ended(const Event& event, const ProcessEnded& ended, Watch& watch);
  void note_passed_on(const Event& event, const ExceptionRaised& raised, Watch& watch);
  static bool follows_stack_overflow(const Event& event, const Watch& watch);
  ExceptionInfo describe(const Event& event, const ExceptionRaised& raised, Watch& watch) const;
  Crash begin_crash(const Event& event, CrashKind kind) const;

  CrashPolicy policy_;
  Clock::time_point run_started_;
  std::map<const Process*, Watch> watches_;
  std::map<std::uint32_t, std::uint64_t> handled_;  // count by code
  const Process* root_ = nullptr;
};

}  // namespace catcher
