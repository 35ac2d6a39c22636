#pragma once

#include "debugger/event.h"
#include "monitors/debug_strings.h"

#include <catcher/run_report.h>

#include <chrono>
#include <map>

namespace catcher {

// Listens to what debuggees tell their debugger (OutputDebugString), so that a crash can show the last of it.
class DebugOutputMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DebugOutputMonitor(Clock::time_point run_started) : run_started_(run_started) {}

  // To be given each event after everybody else has had it: with the end of a process its strings are forgotten.
  void on_event(const Event& event);

  // Adds to a crash of this process what it said in the last second before.
  void add_to(Crash& crash, const Process& process) const;

 private:
  Clock::time_point run_started_;
  std::map<const Process*, DebugStrings> strings_;
};

}  // namespace catcher
