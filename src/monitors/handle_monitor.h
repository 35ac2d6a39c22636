#pragma once

#include "debugger/event.h"
#include "debugger/probe.h"
#include "debugger/syscall_probe.h"
#include "evidence/symbol_cache.h"
#include "monitors/handle_calls.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace catcher {

class WatchedHandles;

// Watches the handles of every process of the tree at their system calls, and finds who closed what belongs to somebody
// else. Prints nothing, ends nothing.
class HandleMonitor final : public Probe {
 public:
  using Clock = std::chrono::steady_clock;

  // `symbols` must outlive it.
  HandleMonitor(const HandleOptions& options, SymbolCache& symbols, Clock::time_point run_started);
  ~HandleMonitor() override;

  BreakpointOwner owner() const override { return BreakpointOwner::kHandles; }
  void on_module_loaded(Process& process, const Module& module) override;
  void on_module_unloading(Process& process, const Module& module) override;
  void on_hit(ProbeHit& hit) override;

  // Every other event, while its process stands still.
  void on_event(const Event& event);

  // Before the tree is killed: what is open now is what a killed process leaves behind. All processes stand still.
  void look_at_rest(ProcessTree& tree);

  // What was found so far, to be asked for once at the end.
  HandleReport take_report();

  // What could not be seen, a line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  WatchedHandles* watched(const Process& process);
  void arm(Process& process, const Module& ntdll);
  void limit_rate(WatchedHandles& handles, Process& process);

  HandleOptions options_;
  SymbolCache& symbols_;
  Clock::time_point run_started_;
  std::vector<SyscallSite> sites_;  // one for each row of handle_calls(); without a function where it is not wanted
  SyscallProbe probe_;
  std::vector<std::unique_ptr<WatchedHandles>> processes_;
  WatchedHandles* last_ = nullptr;
  std::vector<std::string> warnings_;
};

}  // namespace catcher
