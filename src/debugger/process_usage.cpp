#include "debugger/process_usage.h"

#include "win32/patient_calls.h"

#include <psapi.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace catcher {
namespace {

// More are not looked at for one number: each costs a system call.
constexpr int kMostRegions = 3000;

std::optional<PROCESS_MEMORY_COUNTERS> counters_of(HANDLE process) {
  PROCESS_MEMORY_COUNTERS counters{};
  return K32GetProcessMemoryInfo(process, &counters, sizeof counters) != 0 ? std::optional(counters) : std::nullopt;
}

// By documentation the commit charge counts what was committed, touched or not. A system that only knows what is
// resident tells something else under that name: asked with a piece of memory that nobody touches.
bool counts_what_nobody_touched() {
  constexpr SIZE_T kPiece = SIZE_T{16} << 20U;
  const auto before = counters_of(GetCurrentProcess());
  void* const piece = before ? VirtualAlloc(nullptr, kPiece, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) : nullptr;
  if (piece == nullptr) {
    return true;  // nothing speaks against it
  }
  const auto after = counters_of(GetCurrentProcess());
  VirtualFree(piece, 0, MEM_RELEASE);
  return !after || after->PagefileUsage >= before->PagefileUsage + kPiece / 2;
}

struct CommittedRegions {
  std::uint64_t bytes = 0;
  bool are_all = false;
};

// The same by the map of the address space: private pages.
CommittedRegions committed_regions(HANDLE process) {
  CommittedRegions found;
  std::uint64_t at = 0;
  MEMORY_BASIC_INFORMATION info{};
  for (int left = kMostRegions; left > 0; --left) {
    if (VirtualQueryEx(process, std::bit_cast<const void*>(at), &info, sizeof info) == 0) {
      found.are_all = at != 0;
      break;
    }
    if (info.State == MEM_COMMIT && info.Type == MEM_PRIVATE) {
      found.bytes += info.RegionSize;
    }
    const std::uint64_t next = std::bit_cast<std::uint64_t>(info.BaseAddress) + info.RegionSize;
    if (next <= at) {
      break;
    }
    at = next;
  }
  return found;
}

// A system that asks the process itself for its map never answers when the thread that should is stuck.
CommittedRegions committed_regions_if_told(HANDLE process) {
  constexpr std::chrono::seconds kLongest{5};
  return call_patiently<CommittedRegions>(1,
                                          [process](std::size_t) { return std::optional(committed_regions(process)); },
                                          {.deadline = std::chrono::steady_clock::now() + kLongest, .first = kLongest})
      .front()
      .value_or(CommittedRegions{});
}

}  // namespace

std::uint64_t committed_memory(const Process& process) {
  static const bool is_exact = counts_what_nobody_touched();
  if (!process.alive()) {
    return 0;
  }
  const std::uint64_t charge = counters_of(process.handle).value_or(PROCESS_MEMORY_COUNTERS{}).PagefileUsage;
  if (is_exact) {
    return charge;
  }
  const CommittedRegions regions = committed_regions_if_told(process.handle);
  return regions.are_all ? regions.bytes : std::max(charge, regions.bytes);
}

std::uint64_t peak_committed_memory(const Process& process) {
  return process.alive() ? counters_of(process.handle).value_or(PROCESS_MEMORY_COUNTERS{}).PeakPagefileUsage : 0;
}

std::chrono::microseconds processor_time(HANDLE thread) {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  if (GetThreadTimes(thread, &created, &ended, &kernel, &user) == 0) {
    return {};
  }
  const auto ticks = [](const FILETIME& time) {
    return (std::uint64_t{time.dwHighDateTime} << 32U) | time.dwLowDateTime;
  };
  constexpr std::uint64_t kTicksPerMicrosecond = 10;  // FILETIME: 100 ns
  return std::chrono::microseconds((ticks(kernel) + ticks(user)) / kTicksPerMicrosecond);
}

std::chrono::microseconds processor_time(const ProcessTree& tree) {
  std::chrono::microseconds sum{};
  for (const Process& process : tree.processes()) {
    for (const auto& [tid, thread] : process.threads) {
      sum += processor_time(thread.handle);
    }
  }
  return sum;
}

}  // namespace catcher
