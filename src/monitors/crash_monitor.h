#pragma once

#include "debugger/event.h"
#include "evidence/crash_evidence.h"
#include "monitors/exit_meaning.h"
#include "monitors/handled_counts.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// What an event means for the crash job. At most one of the two is there.
struct CrashFinding {
  std::optional<Crash> crash;
  std::optional<std::uint32_t> cannot_start;  // the root's loader gave up with this status
};

// Finds the crashes of a tree: second-chance exceptions, fail fasts, abort(), failed assertions, error statuses, and
// processes that die without a second chance. Counts the exceptions that debuggees handle themselves. Prints nothing,
// ends nothing.
class CrashMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  CrashMonitor(const CrashPolicy& policy, CrashEvidence evidence, Clock::time_point run_started);

  // The process of the event stands still while this runs.
  CrashFinding on_event(const Event& event);

  // First-chance exceptions that the debuggees took care of, by code.
  std::vector<HandledException> handled_exceptions() const { return handled_.list(); }

  // Where a process ended itself, for one whose end was worth a look.
  std::optional<Stack> exit_stack(const Process& process) const;

 private:
  // A first-chance hardware fault of which no end was seen yet.
  struct OpenFault {
    ExceptionInfo exception;
    Clock::time_point time;
    std::optional<Crash> crash;  // with evidence, where it may be the last that is ever heard of the process
    std::uint64_t count = 1;     // of faults at this place with nothing else from the thread between
    std::string first;           // the first of several faults at different places, in words; empty: this is it
  };
  // A C++ exception under way; the OS may announce one throw more than once.
  struct CountedThrow {
    LastThrow last;
    std::uint64_t events = 0;
  };
  struct Place {
    std::string module;
    std::uint64_t offset = 0;
  };
  // What is remembered of one process until it ends.
  struct Watch {
    std::map<std::uint32_t, OpenFault> open_faults;         // by tid
    std::map<std::uint32_t, std::uint32_t> last_passed_on;  // exception code by tid
    std::map<std::uint32_t, CountedThrow> last_throws;      // by tid
    std::map<Address, Place> fault_sites;                   // looked up once an address
    std::uint32_t exit_tid = 0;                             // that asked for the end
    std::size_t early_looks = 0;                            // evidence gathered at a first chance
    bool crashed = false;
  };

  CrashFinding on_exception(const Event& event, const ExceptionRaised& raised, Watch& watch);
  CrashFinding on_watched_function(const Event& event, const WatchedFunctionReached& reached, Watch& watch);
  CrashFinding on_process_ended(const Event& event, const ProcessEnded& ended, Watch& watch);
  void note_passed_on(const Event& event, const ExceptionRaised& raised, Watch& watch);
  bool is_worth_a_look(const Event& event, const OpenFault& fault, const Watch& watch) const;
  void note_hardware_fault(const Event& event, const ExceptionRaised& raised, Watch& watch);
  void note_exit(const Event& event, const WatchedFunctionReached& reached, Watch& watch);
  ExitFacts exit_facts(const Event& event, const ProcessEnded& ended, const Watch& watch) const;
  CrashFinding on_thread_ended(const Event& event, Watch& watch);
  Crash died_of(const Event& event, std::uint32_t tid, const OpenFault& fault, const char* note);
  Crash ended_with_status(const Event& event, const ProcessEnded& ended, const Watch& watch) const;
  void discount_uncaught_throw(std::uint32_t tid, Watch& watch);
  ExceptionInfo describe(const Event& event, const ExceptionRaised& raised, Watch& watch) const;
  Crash begin_crash(const Event& event, CrashKind kind) const;
  void add_evidence(Crash& crash, const Event& event, const Watch& watch) const;

  CrashPolicy policy_;
  CrashEvidence evidence_;
  Clock::time_point run_started_;
  std::map<const Process*, Watch> watches_;
  std::map<const Process*, Stack> exit_stacks_;
  HandledCounts handled_;
  const Process* root_ = nullptr;
};

}  // namespace catcher
