#include "evidence/hang.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "evidence/lock_owner.h"
#include "evidence/symbol_text.h"
#include "evidence/wait_kind.h"

namespace catcher {
namespace {

constexpr double kBusyShare = 0.25;
constexpr std::size_t kMostLockSearches = 64;  // each reads a few hundred places

// What was found out about one thread.
struct ThreadFinding {
  const HungProcess* process = nullptr;
  const HungThread* thread = nullptr;
  WaitKind wait = WaitKind::kNone;
  bool busy = false;
  bool in_loader = false;
  std::optional<AwaitedSection> section;
  std::string state;
  bool outside_modules = false;
};

std::string thread_in_words(const ThreadFinding& finding) {
  const std::string name = finding.thread->name.empty() ? "" : " \"" + printable(finding.thread->name, 64) + "\"";
  return fmt::format("thread {}{} of {}", finding.thread->tid, name, printable(finding.process->image, 256));
}

// Where the program itself is, in words: the innermost frame that has a name.
std::string place_in_words(const Stack& stack) {
  for (const Frame& frame : stack.frames) {
    if (!frame.function.empty()) {
      return fmt::format(" in {}", frame.function);
    }
    if (!frame.module.empty()) {
      return fmt::format(" in {}+0x{:x}", frame.module, frame.offset);
    }
  }
  return {};
}

bool exists(const HungProcess& process, std::uint32_t tid) {
  return std::any_of(process.threads.begin(), process.threads.end(),
                     [tid](const HungThread& thread) { return thread.tid == tid; });
}

std::string state_of(const ThreadFinding& finding) {
  if (finding.thread->is_suspended) {
    return "is suspended";
  }
  if (finding.outside_modules && !finding.busy) {
    return fmt::format("stands at 0x{:x}, outside any module", finding.thread->registers->ip);
  }
  if (finding.busy) {
    return finding.thread->cpu_share > 0
               ? fmt::format("runs ({:.0f} % of a processor)", finding.thread->cpu_share * 100)
               : std::string("runs");
  }
  std::string state(describe(finding.wait));
  if (finding.section) {
    const bool loader_lock = finding.section->section == finding.process->loader_lock;
    state =
        fmt::format("waits for {} 0x{:x}, owned by thread {}{}", loader_lock ? "the loader lock" : "critical section",
                    finding.section->section.value, finding.section->owner,
                    exists(*finding.process, finding.section->owner) ? "" : ", which has ended");
  }
  return finding.in_loader ? state + " while it loads or initialises a DLL" : state;
}

ThreadFinding examine(const HungProcess& process, const HungThread& thread, std::size_t& lock_searches) {
  ThreadFinding finding{&process, &thread, wait_kind(thread.stack), false, is_in_loader(thread.stack), std::nullopt,
                        "",       false};
  const bool in_kernel = thread.registers && is_in_system_call(*process.memory, *thread.registers);
  if (finding.wait == WaitKind::kNone && in_kernel) {
    finding.wait = WaitKind::kSystemCall;
  }
  // Without times, code of a module that waits for nothing runs. What lies outside any module may be anything.
  const bool runs = finding.wait == WaitKind::kNone && thread.registers.has_value();
  finding.outside_modules = runs && !thread.stack.frames.empty() && thread.stack.frames.front().module.empty() &&
                            thread.stack.frames.front().function.empty();
  finding.busy = !thread.is_suspended && (thread.cpu_share >= kBusyShare || (runs && !finding.outside_modules));
  if (finding.wait == WaitKind::kCriticalSection && thread.registers && lock_searches++ < kMostLockSearches) {
    std::vector<std::uint32_t> tids;
    for (const HungThread& other : process.threads) {
      tids.push_back(other.tid);
    }
    finding.section = find_awaited_section(*process.memory, *thread.registers, thread.tid, tids);
  }
  finding.state = state_of(finding);
  return finding;
}

// The threads of a circle of waiters, in order; empty: there is none. Thread ids are unique in the system.
std::vector<std::uint32_t> find_circle(const std::vector<ThreadFinding>& findings) {
  std::map<std::uint32_t, std::uint32_t> waits_for;
  for (const ThreadFinding& finding : findings) {
    if (finding.section) {
      waits_for[finding.thread->tid] = finding.section->owner;
    }
  }
  for (const auto& [start, first] : waits_for) {
    std::vector<std::uint32_t> chain{start};
    for (auto next = waits_for.find(start); next != waits_for.end() && chain.size() <= waits_for.size();
         next = waits_for.find(next->second)) {
      if (next->second == start) {
        return chain;
      }
      chain.push_back(next->second);
    }
  }
  return {};
}

struct Cause {
  std::string cause;
  std::string detail;
};

using Findings = std::vector<ThreadFinding>;

const ThreadFinding* first_that(const Findings& findings, const std::function<bool(const ThreadFinding&)>& holds) {
  const auto found = std::find_if(findings.begin(), findings.end(), holds);
  return found == findings.end() ? nullptr : &*found;
}

std::optional<Cause> deadlock(const Findings& findings, std::span<const HungProcess>) {
  const std::vector<std::uint32_t> circle = find_circle(findings);
  std::string detail;
  for (const std::uint32_t tid : circle) {
    const ThreadFinding* const finding =
        first_that(findings, [tid](const ThreadFinding& f) { return f.thread->tid == tid; });
    detail += fmt::format("{}{} {}", detail.empty() ? "" : "; ", thread_in_words(*finding), finding->state);
  }
  return circle.empty() ? std::nullopt : std::optional(Cause{"deadlock", detail});
}

std::optional<Cause> loader(const Findings& findings, std::span<const HungProcess>) {
  const ThreadFinding* const stalled = first_that(findings, [](const ThreadFinding& f) {
    const bool for_loader_lock = f.section && f.process->loader_lock && f.section->section == f.process->loader_lock;
    return !f.busy && (f.in_loader || for_loader_lock);
  });
  return stalled == nullptr ? std::nullopt
                            : std::optional(Cause{"loader", thread_in_words(*stalled) + " " + stalled->state});
}

std::optional<Cause> dialog(const Findings& findings, std::span<const HungProcess> processes) {
  for (const HungProcess& process : processes) {
    for (const ShownDialog& shown : process.dialogs) {
      return Cause{"dialog",
                   fmt::format("{} shows \"{}\": {}", printable(process.image, 256), shown.title, shown.text)};
    }
  }
  const ThreadFinding* const waiting =
      first_that(findings, [](const ThreadFinding& f) { return !f.busy && f.wait == WaitKind::kDialog; });
  return waiting == nullptr ? std::nullopt
                            : std::optional(Cause{"dialog", thread_in_words(*waiting) + " " + waiting->state});
}

std::optional<Cause> busy(const Findings& findings, std::span<const HungProcess>) {
  const ThreadFinding* busiest = nullptr;
  for (const ThreadFinding& finding : findings) {
    if (finding.busy && (busiest == nullptr || finding.thread->cpu_share > busiest->thread->cpu_share)) {
      busiest = &finding;
    }
  }
  return busiest == nullptr ? std::nullopt
                            : std::optional(Cause{"busy", thread_in_words(*busiest) + " " + busiest->state +
                                                              place_in_words(busiest->thread->stack)});
}

std::optional<Cause> lock(const Findings& findings, std::span<const HungProcess>) {
  const ThreadFinding* const waiting = first_that(findings, [](const ThreadFinding& f) {
    return f.wait == WaitKind::kCriticalSection || f.wait == WaitKind::kSrwLock;
  });
  if (waiting == nullptr) {
    return std::nullopt;
  }
  std::string detail = thread_in_words(*waiting) + " " + waiting->state;
  const ThreadFinding* const owner = first_that(
      findings, [&](const ThreadFinding& f) { return waiting->section && f.thread->tid == waiting->section->owner; });
  return Cause{"lock", owner == nullptr ? detail : detail + ", which " + owner->state};
}

std::optional<Cause> idle(const Findings& findings, std::span<const HungProcess>) {
  if (findings.empty()) {
    return std::nullopt;
  }
  const ThreadFinding& first = findings.front();
  const std::string first_thread = thread_in_words(first) + " " + first.state;
  return Cause{"idle", findings.size() == 1 ? first_thread
                                            : fmt::format("all {} threads wait; {}", findings.size(), first_thread)};
}

}  // namespace

Hang classify_hang(std::span<const HungProcess> processes) {
  Hang hang;
  Findings findings;
  std::size_t lock_searches = 0;
  for (const HungProcess& process : processes) {
    Hang::Process& record = hang.processes.emplace_back();
    record.pid = process.pid;
    record.image = process.image;
    for (const HungThread& thread : process.threads) {
      findings.push_back(examine(process, thread, lock_searches));
      record.threads.push_back({thread.tid, thread.name, thread.stack, findings.back().state});
    }
  }
  for (const auto& rule : {deadlock, loader, dialog, busy, lock, idle}) {
    if (const auto cause = rule(findings, processes)) {
      hang.cause = cause->cause;
      hang.detail = cause->detail;
      break;
    }
  }
  return hang;
}

}  // namespace catcher
