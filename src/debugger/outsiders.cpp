#include "debugger/outsiders.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace catcher {
namespace {

using Clock = Process::Clock;

// FILETIME counts 100 ns.
using FileTicks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

FileTicks ticks_of(const FILETIME& time) {
  return FileTicks((std::int64_t{time.dwHighDateTime} << 32) | time.dwLowDateTime);
}

// A moment of the wall clock on the steady one; right unless the wall clock was set since.
Clock::time_point steady(const FILETIME& time) {
  FILETIME now{};
  GetSystemTimeAsFileTime(&now);
  return Clock::now() - std::chrono::duration_cast<Clock::duration>(ticks_of(now) - ticks_of(time));
}

struct Life {
  Clock::time_point start;
  Clock::time_point end;  // means something only once it has ended
};

std::optional<Life> life_of(HANDLE process) {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  if (GetProcessTimes(process, &created, &ended, &kernel, &user) == 0) {
    return std::nullopt;
  }
  return Life{steady(created), steady(ended)};
}

void note_end(Process& process, HANDLE handle) {
  DWORD status = 0;
  if (WaitForSingleObject(handle, 0) != WAIT_OBJECT_0 || GetExitCodeProcess(handle, &status) == 0) {
    return;
  }
  process.exit_status = status;
  if (const auto life = life_of(handle)) {
    process.ended = std::max(life->end, process.started);
  }
}

}  // namespace

void Outsiders::look(std::span<const std::uint32_t> pids, const ProcessTree& tree) {
  for (const std::uint32_t pid : pids) {
    // What has just ended can still be in the job's list.
    const bool is_known =
        std::ranges::any_of(tree.processes(), [pid](const Process& p) { return p.pid == pid; }) ||
        std::ranges::any_of(known_, [pid](const Outsider& other) { return other.process.pid == pid; });
    UniqueHandle handle(is_known ? nullptr : OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
    if (!handle) {
      continue;
    }
    Process process;
    process.pid = pid;
    process.followed = false;
    process.handle = handle.get();
    describe_process(process);
    process.handle = nullptr;
    const auto life = life_of(handle.get());
    process.started = life ? life->start : Clock::now();
    known_.push_back({std::move(process), std::move(handle)});
  }
}

void Outsiders::forget(std::uint32_t pid) {
  std::erase_if(known_, [pid](const Outsider& outsider) { return outsider.process.pid == pid; });
}

void Outsiders::note_kill() noexcept {
  for (Outsider& outsider : known_) {
    if (WaitForSingleObject(outsider.handle.get(), 0) != WAIT_OBJECT_0) {
      outsider.process.exit_request = ExitRequest::kByCatcher;
    }
  }
}

std::vector<Process> Outsiders::take() {
  std::vector<Process> processes;
  for (Outsider& outsider : std::exchange(known_, {})) {
    note_end(outsider.process, outsider.handle.get());
    processes.push_back(std::move(outsider.process));
  }
  std::ranges::stable_sort(processes, {}, &Process::started);
  return processes;
}

}  // namespace catcher
