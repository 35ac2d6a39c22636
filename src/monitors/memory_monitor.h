#pragma once

#include "debugger/event.h"
#include "debugger/process_tree.h"
#include "monitors/memory_timeline.h"

#include <catcher/memory_report.h>
#include <catcher/options.h>

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace catcher {

// Looks at the memory of each process of the tree when it is about to go, and samples how much the tree has while it
// runs. Ends nothing itself.
class MemoryMonitor {
 public:
  using Clock = std::chrono::steady_clock;

  MemoryMonitor(const MemoryOptions& options, Clock::time_point started);

  // When sample() wants to be called though nothing happens.
  Clock::time_point next_look() const { return timeline_.due(); }

  // Takes a sample when one is due.
  void sample(const ProcessTree& tree);

  // Every event, while its process stands still: a process that is about to end is looked at.
  void on_event(const Event& event, ProcessTree& tree);

  // Looks at one process, unless that was done already.
  void look(Process& process, MemoryMoment moment);

  // The same for every process that is alive.
  void look_at_rest(ProcessTree& tree, MemoryMoment moment);

  // What was seen, to be asked for once at the end.
  MemoryReport take_report(const ProcessTree& tree);

 private:
  struct Seen {
    std::uint64_t peak = 0;
    std::uint64_t last = 0;  // that was measured
    std::optional<MemorySnapshot> snapshot;
  };

  void measure(const ProcessTree& tree);
  void add_end(const Process& process, const ProcessTree& tree);

  bool wants_every_end_;
  Clock::time_point started_;
  MemoryTimeline timeline_;
  std::map<const Process*, Seen> seen_;
};

}  // namespace catcher
