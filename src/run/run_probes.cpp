#include "run/run_probes.h"

#include "monitors/allocation_grouping.h"
#include "triage/allocation_words.h"
#include "triage/handle_words.h"

#include <string>
#include <utility>
#include <vector>

namespace catcher {
namespace {

void append(std::vector<std::string>& warnings, const std::vector<std::string>& more) {
  warnings.insert(warnings.end(), more.begin(), more.end());
}

}  // namespace

RunProbes::RunProbes(const Options& options, Session& session, SymbolCache& symbols)
    : options_(options), session_(session) {
  if (options.handles.probe != HandleProbe::kOff) {
    session.add_probe(handles_.emplace(options.handles, symbols, session.started()));
  }
  if (options.memory.probe == MemoryProbe::kTrace) {
    session.add_probe(allocations_.emplace(options.memory, symbols, session.started()));
  }
  if (options.memory.probe != MemoryProbe::kOff || options.limits.memory) {
    memory_.emplace(options.memory, session.started());
  }
}

void RunProbes::on_event(const Event& event) {
  if (handles_) {
    handles_->on_event(event);
  }
  if (memory_) {
    memory_->on_event(event, session_.tree());
  }
  if (allocations_) {
    allocations_->on_event(event);
  }
}

std::optional<Session::Clock::time_point> RunProbes::next_look() const {
  return memory_ ? std::optional(memory_->next_look()) : std::nullopt;
}

void RunProbes::on_time() {
  if (memory_) {
    memory_->sample(session_.tree());
  }
}

void RunProbes::on_crash(Process& process) {
  if (memory_) {
    memory_->look(process, MemoryMoment::kCrash);
  }
  if (allocations_) {
    allocations_->look_at(process);
  }
}

void RunProbes::look_at_rest(MemoryMoment moment) {
  if (handles_) {
    handles_->look_at_rest(session_.tree());
  }
  if (memory_) {
    memory_->look_at_rest(session_.tree(), moment);
  }
  if (allocations_) {
    allocations_->look_at_rest(session_.tree());
  }
}

bool RunProbes::fill(RunReport& report) {
  bool is_defect = false;
  if (handles_) {
    report.handles = handles_->take_report();
    is_defect = has_handle_defect(*report.handles);
    append(report.warnings, handles_->warnings());
  }
  const bool is_memory_limit = report.limit && report.limit->kind == LimitKind::kMemory;
  if (memory_ && (options_.memory.probe != MemoryProbe::kOff || is_memory_limit)) {
    report.memory = memory_->take_report(session_.tree());
  }
  if (allocations_) {
    AllocationHistory history = allocations_->take_history();
    is_defect = is_defect || worst_leak(history) != nullptr;
    use_asked_sizes(history, *report.memory);
    report.memory->allocations = std::move(history);
    append(report.warnings, allocations_->warnings());
  }
  return is_defect;
}

}  // namespace catcher
