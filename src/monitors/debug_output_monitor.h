#pragma once

#include "debugger/event.h"
#include "monitors/debug_log.h"
#include "monitors/debug_strings.h"
#include "monitors/time_budget.h"

#include <catcher/run_report.h>

#include <chrono>
#include <map>
#include <optional>

namespace catcher {

// Listens to what debuggees tell their debugger (OutputDebugString): for the report, and so that a crash can show the
// last of it. Reading a text costs a look into a process that stands still meanwhile, and a program that floods its
// debugger must hardly notice: what would take more than a small part of its time is counted and not read.
class DebugOutputMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  // With `wanted`, somebody asked for these texts, and they may cost more.
  explicit DebugOutputMonitor(Clock::time_point run_started, bool wanted = false);

  // To be given each event after everybody else has had it: with the end of a process its strings are forgotten.
  // Returns what was read, to be shown at once: what that costs is up to the caller to tell with spend().
  std::optional<DebugLine> on_event(const Event& event);
  void spend(Clock::duration cost) { whole_tree_.spend(cost); }

  // Adds to a crash of this process what it said in the last second before.
  void add_to(Crash& crash, const Process& process) const;

  // For the report. Empties it.
  DebugOutput take() { return log_.take(unread_); }

 private:
  struct Speaker {
    TimeBudget budget;
    DebugStrings strings;
  };

  std::optional<DebugLine> on_string(const Process& process, const DebugString& said);

  Clock::time_point run_started_;
  int share_;
  TimeBudget whole_tree_;
  std::map<const Process*, Speaker> speakers_;
  DebugLog log_;
  std::uint64_t unread_ = 0;  // since the last that was read
};

}  // namespace catcher
