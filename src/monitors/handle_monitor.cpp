#include "monitors/handle_monitor.h"

#include "debugger/pseudo_handle.h"
#include "monitors/watched_handles.h"
#include "triage/path_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint32_t kInvalidHandleCode = 0xC0000008;  // STATUS_INVALID_HANDLE

bool is_use(const HandleCall& call) {
  return call.kind == HandleCallKind::kSignal || call.kind == HandleCallKind::kUse ||
         call.kind == HandleCallKind::kUseTwo || call.kind == HandleCallKind::kUseMany;
}

bool is_use_id(std::uint32_t id) {
  return is_use(handle_calls()[site_of(id)]);
}

bool is_wanted(const HandleCall& call, HandleProbe probe) {
  if (probe == HandleProbe::kClose) {
    return call.kind == HandleCallKind::kClose || call.kind == HandleCallKind::kDuplicate;
  }
  return probe == HandleProbe::kUses || !is_use(call) || call.kind == HandleCallKind::kSignal;
}

std::vector<SyscallSite> sites_for(HandleProbe probe) {
  std::vector<SyscallSite> sites;
  for (const HandleCall& call : handle_calls()) {
    const bool makes_handles = call.kind == HandleCallKind::kOpen || call.kind == HandleCallKind::kDuplicate;
    sites.push_back(is_wanted(call, probe) ? SyscallSite{call.function, makes_handles && probe != HandleProbe::kClose}
                                           : SyscallSite{});
  }
  return sites;
}

std::string who(const Process& process) {
  return fmt::format("{} (pid {})", file_name_of(process.image), process.pid);
}

}  // namespace

HandleMonitor::HandleMonitor(const HandleOptions& options, SymbolCache& symbols, Clock::time_point run_started)
    : options_(options),
      symbols_(symbols),
      run_started_(run_started),
      sites_(sites_for(options.probe)),
      probe_(BreakpointOwner::kHandles, sites_) {}

HandleMonitor::~HandleMonitor() = default;

WatchedHandles* HandleMonitor::watched(const Process& process) {
  if (last_ == nullptr || !last_->is_of(process)) {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&process](const auto& handles) { return handles->is_of(process); });
    last_ = found == processes_.end() ? nullptr : found->get();
  }
  return last_;
}

void HandleMonitor::on_module_loaded(Process& process, const Module& module) {
  if (WatchedHandles* handles = watched(process)) {
    handles->on_modules_changed();
  } else if (process.followed && SyscallProbe::is_wanted(process, module)) {
    arm(process, module);
  }
}

void HandleMonitor::arm(Process& process, const Module& ntdll) {
  const ArmedProbe armed = probe_.arm(process, ntdll);
  if (!armed.problem.empty()) {
    warnings_.push_back(fmt::format("handles of {}: {}", who(process), armed.problem));
  }
  if (!armed.refused.empty()) {
    warnings_.push_back(
        fmt::format("handles of {}: {} is no system call that catcher knows{}; somebody else may have "
                    "hooked it, and what goes through it is not seen",
                    who(process), armed.refused.front(),
                    armed.refused.size() == 1 ? "" : fmt::format(", nor are {} others", armed.refused.size() - 1)));
  }
  if (armed.stubs == 0) {
    return;
  }
  last_ = processes_.emplace_back(std::make_unique<WatchedHandles>(process, options_, symbols_, run_started_)).get();
  if (!armed.has_exits) {
    last_->see_closes_only();
  }
  if (process.state.attached) {
    const auto found = last_->seed();
    warnings_.push_back(
        found ? fmt::format("{} had {} handles open before catcher came: who opened them, and what was closed before, "
                            "nobody can tell",
                            who(process), *found)
              : fmt::format("which handles {} had open before catcher came cannot be told", who(process)));
  }
}

void HandleMonitor::on_module_unloading(Process& process, const Module& module) {
  if (WatchedHandles* handles = watched(process)) {
    handles->on_module_unloading(module);
  }
}

void HandleMonitor::on_hit(ProbeHit& hit) {
  WatchedHandles* handles = watched(hit.process);
  if (handles == nullptr) {
    return;
  }
  const HandleCall& call = handle_calls()[site_of(hit.id)];
  if (is_exit_of(hit.id)) {
    handles->on_exit(hit);
  } else {
    handles->on_entry(call, hit);
  }
  ++handles->rate().hits;
  handles->rate().uses += is_use(call) ? 1U : 0U;
  limit_rate(*handles, hit.process);
}

// What is hit too often makes the program unbearably slow: it goes, the uses alone if they are the reason.
void HandleMonitor::limit_rate(WatchedHandles& handles, Process& process) {
  WatchedHandles::Rate& rate = handles.rate();
  const auto now = Clock::now();
  if (now - rate.window >= std::chrono::seconds(1)) {
    rate.window = now;
    rate.hits = 0;
    rate.uses = 0;
    return;
  }
  if (options_.rate == 0 || rate.hits <= options_.rate) {
    return;
  }
  const bool only_uses = rate.has_uses && rate.uses > rate.hits / 2;
  rate.has_uses = false;
  warnings_.push_back(fmt::format(
      "handles of {}: more than {} system calls in a second, so {} not watched any more from {} on (--probe-rate)",
      who(process), options_.rate, only_uses ? "their uses are" : "they are",
      fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(now - run_started_).count())));
  if (only_uses) {
    process.breakpoints.remove_those(process.memory, owner(), is_use_id);
  } else {
    process.breakpoints.remove_all(process.memory, owner());
  }
  rate.hits = 0;
  rate.uses = 0;
}

void HandleMonitor::on_event(const Event& event) {
  WatchedHandles* handles = watched(*event.process);
  if (handles == nullptr) {
    return;
  }
  if (std::holds_alternative<ThreadEnded>(event.body)) {
    handles->on_thread_ended(event.tid);
  } else if (const auto* raised = std::get_if<ExceptionRaised>(&event.body)) {
    if (raised->code == kInvalidHandleCode && raised->chance == Chance::kFirst) {
      handles->on_invalid_handle(event);
    }
  } else if (const auto* reached = std::get_if<WatchedFunctionReached>(&event.body)) {
    if (reached->purpose == WatchPurpose::kTerminateProcess && reached->process_handle == kCurrentProcessHandle) {
      handles->look_at_rest();
    }
  }
}

void HandleMonitor::look_at_rest(ProcessTree& tree) {
  for (Process& process : tree.processes()) {
    if (WatchedHandles* handles = process.alive() ? watched(process) : nullptr) {
      handles->look_at_rest();
    }
  }
}

HandleReport HandleMonitor::take_report() {
  HandleReport report;
  for (const auto& handles : processes_) {
    handles->report_to(report);
  }
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const HandleFinding& a, const HandleFinding& b) { return a.event.time < b.event.time; });
  std::stable_sort(report.leaks.begin(), report.leaks.end(),
                   [](const HandleLeak& a, const HandleLeak& b) { return a.count > b.count; });
  return report;
}

}  // namespace catcher
