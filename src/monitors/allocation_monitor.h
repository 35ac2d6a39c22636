#pragma once

#include "debugger/event.h"
#include "debugger/probe.h"
#include "debugger/syscall_probe.h"
#include "evidence/symbol_cache.h"

#include <catcher/allocation_history.h>
#include <catcher/options.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace catcher {

class WatchedAllocations;

// Watches every process of the tree take address space and give it back, and finds out who took what is still there in
// the end. Prints nothing, ends nothing.
class AllocationMonitor final : public Probe {
 public:
  using Clock = std::chrono::steady_clock;

  // `symbols` must outlive it.
  AllocationMonitor(const MemoryOptions& options, SymbolCache& symbols, Clock::time_point run_started);
  ~AllocationMonitor() override;

  BreakpointOwner owner() const override { return BreakpointOwner::kMemory; }
  void on_module_loaded(Process& process, const Module& module) override;
  void on_module_unloading(Process& process, const Module& module) override;
  void on_hit(ProbeHit& hit) override;

  // Every other event, while its process stands still.
  void on_event(const Event& event);

  // The process is about to be killed or let go, and stands still: what is there now is what there will be to see.
  void look_at(const Process& process);
  void look_at_rest(const ProcessTree& tree);

  // What was found, to be asked for once at the end.
  AllocationHistory take_history();

  // What could not be seen, a line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  WatchedAllocations* watched(const Process& process);
  WatchedAllocations& watch(Process& process);
  WatchedAllocations* target_of(WatchedAllocations& caller, std::uint64_t process);
  void arm(Process& process, const Module& ntdll);
  void limit_rate(WatchedAllocations& allocations, Process& process);

  MemoryOptions options_;
  SymbolCache& symbols_;
  Clock::time_point run_started_;
  std::vector<SyscallSite> sites_;  // one for each of kAllocationCalls
  SyscallProbe probe_;
  std::vector<std::unique_ptr<WatchedAllocations>> processes_;
  WatchedAllocations* last_ = nullptr;
  std::vector<std::string> warnings_;
};

}  // namespace catcher
