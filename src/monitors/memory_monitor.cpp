#include "monitors/memory_monitor.h"

#include "debugger/process_usage.h"
#include "debugger/pseudo_handle.h"
#include "evidence/memory_capture.h"
#include "triage/memory_words.h"
#include "triage/path_name.h"

#include <algorithm>
#include <string>
#include <utility>

namespace catcher {
namespace {

// What a snapshot says of the same thing as committed_memory().
std::uint64_t private_committed(const MemorySnapshot& snapshot) {
  for (const MemoryShare& type : snapshot.space.types) {
    if (type.name == "MEM_PRIVATE") {
      return type.committed;
    }
  }
  return 0;
}

bool is_measured(const Process& process) {
  return process.alive() && process.followed;
}

std::string why_not_seen(const Process& process) {
  if (!process.followed) {
    return "it was not followed";
  }
  if (process.lost) {
    return "it took itself out of the debugger's hands";
  }
  switch (process.exit_request) {
    case ExitRequest::kNone:
      return "it was killed from outside: nobody could look before its memory was gone";
    case ExitRequest::kByCatcher:
    case ExitRequest::kByTree:
    case ExitRequest::kExitCall:
    case ExitRequest::kOwnHand:
      break;
  }
  return "its memory was gone before anybody could look";
}

}  // namespace

MemoryMonitor::MemoryMonitor(const MemoryOptions& options, Clock::time_point started)
    : wants_every_end_(options.probe != MemoryProbe::kOff), started_(started), timeline_(options.interval, started) {}

void MemoryMonitor::sample(const ProcessTree& tree) {
  if (Clock::now() >= timeline_.due()) {
    measure(tree);
  }
}

void MemoryMonitor::measure(const ProcessTree& tree) {
  const auto begin = Clock::now();
  std::uint64_t sum = 0;
  for (const Process& process : tree.processes()) {
    if (is_measured(process)) {
      Seen& seen = seen_[&process];
      seen.last = committed_memory(process);
      seen.peak = std::max(seen.peak, seen.last);
      sum += seen.last;
    }
  }
  timeline_.add(begin, sum, Clock::now() - begin);
}

// The end of a process is where it mostly has most. What the others have need not be asked for again.
void MemoryMonitor::add_end(const Process& process, const ProcessTree& tree) {
  Seen& ending = seen_[&process];
  if (!ending.snapshot) {
    return;
  }
  ending.last = private_committed(*ending.snapshot);
  std::uint64_t sum = 0;
  for (const Process& one : tree.processes()) {
    sum += is_measured(one) ? seen_[&one].last : 0;
  }
  timeline_.add_between(Clock::now(), sum);
}

void MemoryMonitor::on_event(const Event& event, ProcessTree& tree) {
  sample(tree);
  const auto* reached = std::get_if<WatchedFunctionReached>(&event.body);
  if (!wants_every_end_ || reached == nullptr || reached->purpose != WatchPurpose::kTerminateProcess) {
    return;
  }
  if (reached->process_handle == 0 || reached->process_handle == kCurrentProcessHandle) {
    look(*event.process, MemoryMoment::kExit);
    add_end(*event.process, tree);
    return;
  }
  for (Process& process : tree.processes()) {
    if (process.alive() && process.exit_request == ExitRequest::kByTree) {
      look(process, MemoryMoment::kKilled);
      add_end(process, tree);
    }
  }
}

void MemoryMonitor::look(Process& process, MemoryMoment moment) {
  const bool is_wanted = wants_every_end_ || moment == MemoryMoment::kLimit;
  if (!is_wanted || !process.alive() || !process.followed || process.is_helper) {
    return;
  }
  Seen& seen = seen_[&process];
  if (seen.snapshot) {
    return;
  }
  const auto begin = Clock::now();
  MemorySnapshot snapshot = capture_memory(process);
  snapshot.moment = moment;
  snapshot.time = std::chrono::duration_cast<std::chrono::milliseconds>(begin - started_);
  snapshot.cost = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  seen.peak = std::max({seen.peak, peak_committed_memory(process), private_committed(snapshot)});
  snapshot.headline = describe_memory(snapshot);
  seen.snapshot = std::move(snapshot);
}

void MemoryMonitor::look_at_rest(ProcessTree& tree, MemoryMoment moment) {
  measure(tree);
  for (Process& process : tree.processes()) {
    look(process, moment);
  }
}

MemoryReport MemoryMonitor::take_report(const ProcessTree& tree) {
  MemoryReport report;
  for (const Process& process : tree.processes()) {
    if (process.is_helper) {
      continue;
    }
    Seen& seen = seen_[&process];
    ProcessMemoryReport one;
    one.pid = process.pid;
    one.image = file_name_of(process.image);
    one.bits = process.state.bits;
    one.peak = seen.peak;
    one.snapshot = std::move(seen.snapshot);
    one.problem = one.snapshot ? std::string() : why_not_seen(process);
    report.processes.push_back(std::move(one));
  }
  report.timeline = timeline_.take();
  return report;
}

}  // namespace catcher
