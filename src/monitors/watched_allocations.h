#pragma once

#include "debugger/probe.h"
#include "debugger/process_tree.h"
#include "evidence/stack_sampler.h"
#include "evidence/symbol_cache.h"
#include "evidence/symbolizer.h"
#include "monitors/allocation_calls.h"
#include "monitors/allocation_grouping.h"
#include "monitors/allocation_table.h"

#include <catcher/allocation_history.h>
#include <catcher/options.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace catcher {

// The allocations of one process: turns its system calls into entries of an AllocationTable, and what is left in the
// end into groups with names.
class WatchedAllocations {
 public:
  using Clock = std::chrono::steady_clock;

  // All must outlive it.
  WatchedAllocations(Process& process, const MemoryOptions& options, SymbolCache& symbols,
                     Clock::time_point run_started);

  bool is_of(const Process& process) const { return &process_ == &process; }
  const Process& process() const { return process_; }

  // Breakpoints are set in it.
  void begin();
  bool has_begun() const { return has_begun_; }

  // They are gone: what happens from now on is not seen.
  void stop();

  // `target` is the process whose address space it is about: this one, another of the tree, or nobody we know.
  void on_entry(const AllocationCall& call, ProbeHit& hit, WatchedAllocations* target);
  void on_exit(ProbeHit& hit);
  void on_modules_changed() { sampler_.modules_changed(); }
  void on_module_unloading(const Module& module);
  void on_thread_ended(std::uint32_t tid);

  // Looks at what is left, if nobody has done so yet. The process stands still; its memory may be gone.
  void look();

  // Moves what was found into the report.
  void report_to(AllocationHistory& history);

  // Hits in the second that began at `window`.
  struct Rate {
    Clock::time_point window;
    std::uint32_t hits = 0;
  };
  Rate& rate() { return rate_; }

 private:
  // A call that has not come back yet.
  struct Pending {
    std::uint64_t stack_pointer = 0;
    const AllocationCall* call = nullptr;
    WatchedAllocations* target = nullptr;  // null: nobody we know
    Address base;                          // where they are given back
    Address size;
    Address return_to;
    std::uint64_t type = 0;
    bool has_base = false;  // the caller said where
    AllocationPlace place = 0;
  };
  // Where something in this process was allocated, and by whom: another one may have done it.
  struct Place {
    WatchedAllocations* by = nullptr;
    StackSampler::StackId stack = 0;
    const AllocationCall* call = nullptr;
  };

  void enter_allocation(const AllocationCall& call, ProbeHit& hit, WatchedAllocations* target);
  void enter_free(const AllocationCall& call, const ProbeHit& hit, WatchedAllocations& target);
  void receive(const Pending& call, std::uint32_t tid);
  AllocationPlace place_of(WatchedAllocations& by, StackSampler::StackId stack, const AllocationCall& call);
  NamedAllocationPlace name(StackSampler::StackId stack);
  const Module* module_of(Address pc) const;
  std::vector<Module> all_modules() const;
  std::set<Address> forget_lost();
  std::chrono::milliseconds now() const;

  Process& process_;
  const MemoryOptions& options_;
  SymbolCache& symbols_;
  Clock::time_point run_started_;
  StackSampler sampler_;
  AllocationTable table_;
  Rate rate_;
  bool has_begun_ = false;
  bool has_looked_ = false;
  std::unordered_map<std::uint32_t, std::vector<Pending>> pending_;  // by thread
  std::vector<Place> places_;
  std::map<std::tuple<const WatchedAllocations*, StackSampler::StackId, const AllocationCall*>, AllocationPlace>
      place_numbers_;
  std::vector<Module> unloaded_;
  std::optional<Symbolizer> symbolizer_;  // while somebody looks
  AllocationCount count_;
  std::vector<AllocationGroup> groups_;
};

}  // namespace catcher
