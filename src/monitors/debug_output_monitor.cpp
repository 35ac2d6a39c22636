#include "monitors/debug_output_monitor.h"

#include "monitors/debug_text.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

namespace catcher {
namespace {

// One part in so many of each process's time, and twice that of the whole tree's: one that floods must not use up what
// the last words of another are read with.
constexpr int kShare = 32;
constexpr int kWantedShare = 8;
constexpr std::chrono::milliseconds kReserve{100};

}  // namespace

DebugOutputMonitor::DebugOutputMonitor(Clock::time_point run_started, bool wanted)
    : run_started_(run_started), share_(wanted ? kWantedShare : kShare), whole_tree_(share_ / 2, 2 * kReserve) {}

std::optional<DebugLine> DebugOutputMonitor::on_event(const Event& event) {
  if (const auto* said = std::get_if<DebugString>(&event.body)) {
    return on_string(*event.process, *said);
  }
  if (std::holds_alternative<ProcessEnded>(event.body)) {
    speakers_.erase(event.process);
  }
  return std::nullopt;
}

std::optional<DebugLine> DebugOutputMonitor::on_string(const Process& process, const DebugString& said) {
  Speaker& speaker = speakers_.try_emplace(&process, Speaker{TimeBudget(share_, kReserve), {}}).first->second;
  const auto now = Clock::now();
  if (!speaker.budget.has_some(now) || !whole_tree_.has_some(now)) {
    speaker.strings.drop(now);
    ++unread_;
    return std::nullopt;
  }
  DebugLine line;
  line.pid = process.pid;
  line.time = std::chrono::duration_cast<std::chrono::milliseconds>(now - run_started_);
  line.text = read_debug_text(process.memory, said);
  line.dropped_before = std::exchange(unread_, 0);
  speaker.strings.add(now, line.text);
  log_.add(line);
  const auto cost = Clock::now() - now;
  speaker.budget.spend(cost);
  whole_tree_.spend(cost);
  return line;
}

void DebugOutputMonitor::add_to(Crash& crash, const Process& process) const {
  const auto found = speakers_.find(&process);
  if (found == speakers_.end()) {
    return;
  }
  RecentDebugStrings recent = found->second.strings.recent(run_started_ + crash.time);
  crash.debug_strings = std::move(recent.lines);
  if (recent.dropped > 0) {
    crash.notes.push_back(
        fmt::format("{} debug strings of the last second were not read: too many came", recent.dropped));
  }
}

}  // namespace catcher
