#include "monitors/allocation_monitor.h"

#include "debugger/process_handles.h"
#include "debugger/pseudo_handle.h"
#include "monitors/allocation_calls.h"
#include "monitors/watched_allocations.h"
#include "triage/path_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace catcher {
namespace {

std::vector<SyscallSite> sites() {
  std::vector<SyscallSite> result;
  for (const AllocationCall& call : kAllocationCalls) {
    const bool gives_back = call.kind == AllocationCallKind::kFree || call.kind == AllocationCallKind::kUnmap;
    result.push_back({call.function, !gives_back});
  }
  return result;
}

std::string who(const Process& process) {
  return fmt::format("{} (pid {})", file_name_of(process.image), process.pid);
}

}  // namespace

AllocationMonitor::AllocationMonitor(const MemoryOptions& options, SymbolCache& symbols, Clock::time_point run_started)
    : options_(options),
      symbols_(symbols),
      run_started_(run_started),
      sites_(sites()),
      probe_(BreakpointOwner::kMemory, sites_) {}

AllocationMonitor::~AllocationMonitor() = default;

WatchedAllocations* AllocationMonitor::watched(const Process& process) {
  if (last_ == nullptr || !last_->is_of(process)) {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&process](const auto& allocations) { return allocations->is_of(process); });
    last_ = found == processes_.end() ? nullptr : found->get();
  }
  return last_;
}

// From its birth on, before it runs at all: another process may already allocate in it.
WatchedAllocations& AllocationMonitor::watch(Process& process) {
  if (WatchedAllocations* known = watched(process)) {
    return *known;
  }
  last_ =
      processes_.emplace_back(std::make_unique<WatchedAllocations>(process, options_, symbols_, run_started_)).get();
  return *last_;
}

void AllocationMonitor::on_module_loaded(Process& process, const Module& module) {
  WatchedAllocations* allocations = watched(process);
  if (allocations != nullptr && allocations->has_begun()) {
    allocations->on_modules_changed();
  } else if (process.followed && SyscallProbe::is_wanted(process, module)) {
    arm(process, module);
  }
}

void AllocationMonitor::arm(Process& process, const Module& ntdll) {
  const ArmedProbe armed = probe_.arm(process, ntdll);
  if (!armed.problem.empty()) {
    warnings_.push_back(fmt::format("allocations of {}: {}", who(process), armed.problem));
  }
  if (!armed.refused.empty()) {
    warnings_.push_back(
        fmt::format("allocations of {}: {} is no system call that catcher knows; somebody else may have hooked it, and "
                    "what goes through it is not seen",
                    who(process), fmt::join(armed.refused, ", ")));
  }
  if (!armed.has_exits) {
    process.breakpoints.remove_all(process.memory, owner());  // without them there is nothing to count
    return;
  }
  if (armed.stubs != 0) {
    watch(process).begin();
  }
  if (armed.stubs != 0 && process.state.attached) {
    warnings_.push_back(
        fmt::format("the history of allocations of {} begins when catcher came: who allocated what was there before, "
                    "nobody can tell",
                    who(process)));
  }
}

void AllocationMonitor::on_module_unloading(Process& process, const Module& module) {
  if (WatchedAllocations* allocations = watched(process)) {
    allocations->on_module_unloading(module);
  }
}

WatchedAllocations* AllocationMonitor::target_of(WatchedAllocations& caller, std::uint64_t process) {
  if (process == kCurrentProcessHandle) {
    return &caller;
  }
  const std::uint32_t pid = pid_behind(caller.process().handle, process);
  const auto found = std::find_if(processes_.begin(), processes_.end(), [pid](const auto& allocations) {
    return allocations->process().pid == pid && allocations->process().alive();
  });
  return found == processes_.end() ? nullptr : found->get();
}

void AllocationMonitor::on_hit(ProbeHit& hit) {
  WatchedAllocations* allocations = watched(hit.process);
  if (allocations == nullptr) {
    return;
  }
  if (is_exit_of(hit.id)) {
    allocations->on_exit(hit);
  } else {
    const AllocationCall& call = kAllocationCalls.at(site_of(hit.id));
    const std::uint64_t process = call.process == 0 ? hit.context.first_argument() : hit.context.second_argument();
    allocations->on_entry(call, hit, target_of(*allocations, process));
  }
  limit_rate(*allocations, hit.process);
}

// What is hit too often makes the program unbearably slow.
void AllocationMonitor::limit_rate(WatchedAllocations& allocations, Process& process) {
  WatchedAllocations::Rate& rate = allocations.rate();
  const auto now = Clock::now();
  ++rate.hits;
  if (now - rate.window >= std::chrono::seconds(1)) {
    rate.window = now;
    rate.hits = 0;
    return;
  }
  if (options_.rate == 0 || rate.hits <= options_.rate) {
    return;
  }
  process.breakpoints.remove_all(process.memory, owner());
  allocations.stop();
  warnings_.push_back(fmt::format(
      "allocations of {}: more than {} system calls in a second, so they are not watched any more from {} ms on "
      "(--probe-rate); what was freed later is only known where its memory is gone",
      who(process), options_.rate, std::chrono::duration_cast<std::chrono::milliseconds>(now - run_started_).count()));
}

void AllocationMonitor::on_event(const Event& event) {
  if (std::holds_alternative<ProcessStarted>(event.body) && event.process->followed) {
    watch(*event.process);
  }
  WatchedAllocations* allocations = watched(*event.process);
  if (allocations == nullptr) {
    return;
  }
  if (std::holds_alternative<ThreadEnded>(event.body)) {
    allocations->on_thread_ended(event.tid);
  } else if (std::holds_alternative<ProcessEnded>(event.body)) {
    allocations->look();
  } else if (const auto* reached = std::get_if<WatchedFunctionReached>(&event.body)) {
    if (reached->purpose == WatchPurpose::kTerminateProcess && reached->process_handle == kCurrentProcessHandle) {
      allocations->look();
    }
  }
}

void AllocationMonitor::look_at(const Process& process) {
  if (WatchedAllocations* allocations = process.alive() ? watched(process) : nullptr) {
    allocations->look();
  }
}

void AllocationMonitor::look_at_rest(const ProcessTree& tree) {
  for (const Process& process : tree.processes()) {
    look_at(process);
  }
}

AllocationHistory AllocationMonitor::take_history() {
  AllocationHistory history;
  for (const auto& allocations : processes_) {
    allocations->report_to(history);
  }
  std::stable_sort(history.groups.begin(), history.groups.end(),
                   [](const AllocationGroup& a, const AllocationGroup& b) { return a.bytes > b.bytes; });
  return history;
}

}  // namespace catcher
