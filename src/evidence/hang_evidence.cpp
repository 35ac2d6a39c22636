#include "evidence/hang_evidence.h"

#include "debugger/process_usage.h"
#include "evidence/hang.h"
#include "evidence/hang_capture.h"
#include "evidence/stopped_process.h"
#include "evidence/wait_kind.h"

#include "triage/path_name.h"

#include <windows.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {
namespace {

using Clock = StoppedProcess::Clock;

using CpuShares = std::map<std::pair<std::uint32_t, std::uint32_t>, double>;  // by pid and tid

std::vector<Process*> living(ProcessTree& tree) {
  std::vector<Process*> result;
  for (Process& process : tree.processes()) {
    if (process.alive()) {
      result.push_back(&process);
    }
  }
  return result;
}

bool is_long_enough(const CpuSample* earlier) {
  return earlier != nullptr && Clock::now() - earlier->taken >= kCpuWindow / 2;
}

// Of a thread that has begun since then: all that it has used.
std::vector<double> shares_since(const CpuSample& earlier, std::span<void* const> threads,
                                 std::span<const std::pair<std::uint32_t, std::uint32_t>> ids) {
  std::vector<std::chrono::microseconds> used;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const auto before = earlier.used.find(ids[i].second);
    used.push_back(processor_time(threads[i]) -
                   (before == earlier.used.end() ? std::chrono::microseconds(0) : before->second));
  }
  return cpu_shares(used, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - earlier.taken));
}

CpuShares measure(const std::vector<Process*>& processes, std::chrono::milliseconds window, const CpuSample* earlier) {
  std::vector<void*> handles;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids;
  for (const Process* process : processes) {
    for (const auto& [tid, thread] : process->threads) {
      handles.push_back(thread.handle);
      ids.emplace_back(process->pid, tid);
    }
  }
  const std::vector<double> shares =
      is_long_enough(earlier) ? shares_since(*earlier, handles, ids) : measure_cpu_shares(handles, window);
  CpuShares result;
  for (std::size_t i = 0; i < ids.size() && i < shares.size(); ++i) {
    result[ids[i]] = shares[i];
  }
  return result;
}

using ThreadIds = std::set<std::uint32_t>;

// Returns those that were suspended already: thread ids are unique in the system.
ThreadIds suspend(const std::vector<Process*>& processes) {
  constexpr auto kFailed = static_cast<DWORD>(-1);
  ThreadIds suspended;
  for (const Process* process : processes) {
    for (const auto& [tid, thread] : process->threads) {
      const DWORD count = SuspendThread(thread.handle);
      if (count != 0 && count != kFailed) {
        suspended.insert(tid);
      }
    }
  }
  return suspended;
}

// What of the look at one process serves the next: those of a tree have most images in common.
struct Look {
  SymbolCache& symbols;
  CpuShares shares;
  ThreadIds suspended;
  std::vector<std::optional<Registers>> registers;
  Clock::time_point deadline;
  std::vector<Module> modules = {};  // described, each kind once
  CommonImages images = {};
  std::list<StoppedProcess> processes = {};  // the images are read through them
  std::size_t threads = 0;                   // of these
};

void add_modules(std::vector<Module>& known, const Process& process) {
  for (const Module& module : process.modules) {
    if (find_module(known, module.base) == nullptr) {
      known.push_back(module);
    }
  }
}

HungProcess look_at(Process& process, Look& look) {
  StoppedProcess& stopped = look.processes.emplace_back(process, look.symbols, look.modules, &look.images);
  add_modules(look.modules, process);
  HungProcess hung;
  hung.pid = process.pid;
  hung.image = file_name_of(process.image);
  hung.is_64_bit = stopped.is_64_bit();
  hung.memory = &process.memory;
  const auto registers = std::span(std::as_const(look.registers)).subspan(look.threads, stopped.thread_count());
  look.threads += stopped.thread_count();
  const std::uint32_t first = process.threads.empty() ? 0 : process.threads.begin()->first;
  for (StoppedThread& thread : stopped.threads(first, look.deadline, registers)) {
    const auto share = look.shares.find({process.pid, thread.tid});
    hung.threads.push_back({thread.tid, std::move(thread.name), std::move(thread.stack), std::move(thread.registers),
                            share == look.shares.end() ? 0.0 : share->second, look.suspended.contains(thread.tid)});
  }
  // Only then somebody will ask for it.
  if (std::ranges::any_of(hung.threads, [](const HungThread& thread) {
        return wait_kind(thread.stack) == WaitKind::kCriticalSection;
      })) {
    hung.loader_lock = find_loader_lock(process.handle, process.memory, hung.is_64_bit);
  }
  return hung;
}

// Only such a process can show a window.
bool has_user32(const Process& process) {
  constexpr std::string_view kName = "user32.dll";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::any_of(process.modules.begin(), process.modules.end(), [&](const Module& module) {
    return std::equal(module.name.begin(), module.name.end(), kName.begin(), kName.end(), same);
  });
}

void add_dialogs(std::vector<HungProcess>& hung, const std::vector<Process*>& processes) {
  std::vector<std::uint32_t> pids;
  for (const Process* process : processes) {
    if (has_user32(*process)) {
      pids.push_back(process->pid);
    }
  }
  if (pids.empty()) {
    return;
  }
  for (auto& [pid, dialog] : find_dialogs(pids)) {
    const auto owner = std::find_if(hung.begin(), hung.end(),
                                    [wanted = pid](const HungProcess& process) { return process.pid == wanted; });
    if (owner != hung.end()) {
      owner->dialogs.push_back(std::move(dialog));
    }
  }
}

void resume(const Process& process) {
  for (const auto& [tid, thread] : process.threads) {
    ResumeThread(thread.handle);
  }
}

Hang look_at_all(const std::vector<Process*>& processes, SymbolCache& symbols, std::chrono::milliseconds time,
                 const CpuSample* earlier) {
  const auto deadline = Clock::now() + time;
  CpuShares shares = measure(processes, std::min(kCpuWindow, time / 4), earlier);
  ThreadIds suspended = suspend(processes);
  // Threads that are stuck must not take all of the time from the others' stacks.
  Look look{symbols, std::move(shares), std::move(suspended), registers_of(processes, deadline - time / 4), deadline};
  std::vector<HungProcess> hung;
  for (Process* process : processes) {
    hung.push_back(look_at(*process, look));
  }
  add_dialogs(hung, processes);
  return classify_hang(hung);
}

}  // namespace

Hang look_at_processes(const std::vector<Process*>& processes, SymbolCache& symbols, std::chrono::milliseconds time,
                       Afterwards afterwards, const CpuSample* earlier) noexcept {
  Hang hang;
  try {
    hang = look_at_all(processes, symbols, time, earlier);
  } catch (const std::exception& error) {
    hang.detail = std::string("the stacks could not be taken: ") + error.what();
  }
  if (afterwards == Afterwards::kRunOn) {
    std::for_each(processes.begin(), processes.end(), [](const Process* process) { resume(*process); });
  }
  return hang;
}

Hang look_at_hang(ProcessTree& tree, SymbolCache& symbols, std::chrono::milliseconds time, Afterwards afterwards,
                  const CpuSample* earlier) noexcept {
  return look_at_processes(living(tree), symbols, time, afterwards, earlier);
}

CpuSample sample_cpu(ProcessTree& tree) {
  CpuSample sample{Clock::now(), {}};
  std::vector<Module> known;
  for (Process* process : living(tree)) {
    describe_modules(*process, known);
    add_modules(known, *process);
    for (const auto& [tid, thread] : process->threads) {
      sample.used[tid] = processor_time(thread.handle);
    }
  }
  return sample;
}

}  // namespace catcher
