#include "monitors/limit_monitor.h"

#include "debugger/process_usage.h"

#include <algorithm>

namespace catcher {
namespace {

using Clock = LimitMonitor::Clock;

// How often the memory of the tree is looked at. It costs some 0.05 ms a process.
constexpr std::chrono::milliseconds kMemoryInterval{50};

// A look must not take more of the time than one part in so many, however many processes there are.
constexpr int kShareOfTime = 20;

std::uint64_t in_milliseconds(Clock::duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// The OS holds a process at its start until its loader has finished, and so do debuggers: the breakpoint is the end.
bool is_starting(const Process& process) {
  return process.alive() && process.followed && !process.is_helper && !process.state.loader_breakpoint_seen;
}

bool is_sign_of_life(const Event& event) {
  return !std::holds_alternative<DebugString>(event.body) && !std::holds_alternative<SystemError>(event.body);
}

}  // namespace

LimitMonitor::LimitMonitor(const Limits& limits, const Job* job, Clock::time_point started)
    : limits_(limits), job_(job), started_(started) {
  if (limits.memory) {
    next_memory_look_ = started + kMemoryInterval;
  }
  if (limits.idle) {
    idle_.emplace(*limits.idle, started);
    next_idle_look_ = started + idle_->interval();
  }
}

std::optional<Clock::time_point> LimitMonitor::next_look(const ProcessTree& tree) const {
  std::optional<Clock::time_point> next = next_memory_look_;
  const auto sooner = [&next](Clock::time_point time) { next = next ? std::min(*next, time) : time; };
  if (next_idle_look_) {
    sooner(*next_idle_look_);
  }
  if (limits_.start) {
    for (const Process& process : tree.processes()) {
      if (is_starting(process)) {
        sooner(process.started + *limits_.start);
      }
    }
  }
  return next;
}

LimitHit LimitMonitor::hit(LimitKind kind, std::uint64_t limit, std::uint64_t measured, std::uint32_t pid) const {
  LimitHit result;
  result.kind = kind;
  result.limit = limit;
  result.measured = measured;
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  result.pid = pid;
  return result;
}

std::optional<LimitHit> LimitMonitor::on_event(const Event& event, const ProcessTree& tree) {
  if (idle_ && is_sign_of_life(event)) {
    idle_->stirred(Clock::now());
  }
  if (std::holds_alternative<ProcessStarted>(event.body)) {
    if (auto found = check_processes(event, tree)) {
      return found;
    }
  }
  return check(tree);
}

std::optional<LimitHit> LimitMonitor::check(const ProcessTree& tree) {
  if (auto found = check_memory(tree)) {
    return found;
  }
  if (auto found = check_start(tree)) {
    return found;
  }
  return check_idle(tree);
}

std::optional<LimitHit> LimitMonitor::check_processes(const Event& event, const ProcessTree& tree) const {
  if (!limits_.processes) {
    return std::nullopt;
  }
  const auto counts = [](const Process& process) { return process.alive() && !process.is_helper; };
  const auto& all = tree.processes();
  const auto living = static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), counts));
  // Those that nobody debugs are in the job all the same.
  const std::uint64_t number = std::max<std::uint64_t>(living, job_ == nullptr ? 0 : job_->active_processes());
  return number > *limits_.processes
             ? std::optional(hit(LimitKind::kProcesses, *limits_.processes, number, event.process->parent_pid))
             : std::nullopt;
}

std::optional<LimitHit> LimitMonitor::check_memory(const ProcessTree& tree) {
  if (!next_memory_look_) {
    return std::nullopt;
  }
  const auto begin = Clock::now();
  if (begin < *next_memory_look_) {
    return std::nullopt;
  }
  std::uint64_t sum = 0;
  std::uint64_t largest = 0;
  std::uint32_t pid = 0;
  for (const Process& process : tree.processes()) {
    const std::uint64_t bytes = committed_memory(process);
    sum += bytes;
    if (bytes > largest) {
      largest = bytes;
      pid = process.pid;
    }
  }
  // Where the OS keeps count it also knows of the peaks between two looks.
  sum = std::max(sum, job_ == nullptr ? 0 : job_->peak_memory());
  const auto end = Clock::now();
  next_memory_look_ = end + std::max<Clock::duration>(kMemoryInterval, (end - begin) * kShareOfTime);
  return sum > *limits_.memory ? std::optional(hit(LimitKind::kMemory, *limits_.memory, sum, pid)) : std::nullopt;
}

std::optional<LimitHit> LimitMonitor::check_start(const ProcessTree& tree) const {
  if (!limits_.start) {
    return std::nullopt;
  }
  const auto now = Clock::now();
  for (const Process& process : tree.processes()) {
    if (is_starting(process) && now - process.started >= *limits_.start) {
      return hit(LimitKind::kStart, in_milliseconds(*limits_.start), in_milliseconds(now - process.started),
                 process.pid);
    }
  }
  return std::nullopt;
}

std::optional<LimitHit> LimitMonitor::check_idle(const ProcessTree& tree) {
  if (!next_idle_look_) {
    return std::nullopt;
  }
  const auto begin = Clock::now();
  if (begin < *next_idle_look_) {
    return std::nullopt;
  }
  idle_->used(processor_time(tree), begin);
  const auto end = Clock::now();
  next_idle_look_ = end + std::max<Clock::duration>(idle_->interval(), (end - begin) * kShareOfTime);
  const auto wanted = in_milliseconds(*limits_.idle);
  return idle_->is_idle(begin) ? std::optional(hit(LimitKind::kIdle, wanted, wanted, 0)) : std::nullopt;
}

}  // namespace catcher
