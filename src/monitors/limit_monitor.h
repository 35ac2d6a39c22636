#pragma once

#include "debugger/event.h"
#include "debugger/job.h"
#include "debugger/process_tree.h"
#include "monitors/idle_clock.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace catcher {

// Finds out when a tree uses more than it may. What cannot be heard of by an event is looked at every now and then, and
// only where such a limit was asked for. Ends nothing itself.
class LimitMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  // `job` is the tree's, where there is one; it must outlive this.
  LimitMonitor(const Limits& limits, const Job* job, Clock::time_point started);

  // When check() wants to be called though nothing happens; none: never.
  std::optional<Clock::time_point> next_look(const ProcessTree& tree) const;

  // The limit that was passed, if one was; without stacks.
  std::optional<LimitHit> on_event(const Event& event, const ProcessTree& tree);
  std::optional<LimitHit> check(const ProcessTree& tree);

 private:
  LimitHit hit(LimitKind kind, std::uint64_t limit, std::uint64_t measured, std::uint32_t pid) const;
  std::optional<LimitHit> check_memory(const ProcessTree& tree);
  std::optional<LimitHit> check_idle(const ProcessTree& tree);
  std::optional<LimitHit> check_start(const ProcessTree& tree) const;
  std::optional<LimitHit> check_processes(const Event& event, const ProcessTree& tree) const;

  Limits limits_;
  const Job* job_;
  Clock::time_point started_;
  std::optional<Clock::time_point> next_memory_look_;
  std::optional<Clock::time_point> next_idle_look_;
  std::optional<IdleClock> idle_;
};

}  // namespace catcher
