#pragma once

#include "debugger/session.h"
#include "evidence/symbol_cache.h"
#include "monitors/allocation_monitor.h"
#include "monitors/handle_monitor.h"
#include "monitors/memory_monitor.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <optional>

namespace catcher {

// The monitors of one run that must be asked for: --handles, --memory, --memory=trace.
class RunProbes {
 public:
  // `session` and `symbols` must outlive it.
  RunProbes(const Options& options, Session& session, SymbolCache& symbols);
  RunProbes(const RunProbes&) = delete;
  RunProbes& operator=(const RunProbes&) = delete;

  void on_event(const Event& event);

  // When memory is to be measured although nothing happens.
  std::optional<Session::Clock::time_point> next_look() const;
  void on_time();

  // A process has crashed: what it has goes with it.
  void on_crash(Process& process);

  // The tree is about to be ended for this reason.
  void look_at_rest(MemoryMoment moment);

  // Writes down what was found, once, at the end. True when some of it is a defect.
  bool fill(RunReport& report);

 private:
  const Options& options_;
  Session& session_;
  std::optional<HandleMonitor> handles_;
  std::optional<AllocationMonitor> allocations_;
  std::optional<MemoryMonitor> memory_;
};

}  // namespace catcher
