#include "debugger/process_usage.h"

#include <psapi.h>

namespace catcher {

std::uint64_t committed_memory(const Process& process) {
  PROCESS_MEMORY_COUNTERS counters{};
  return process.alive() && K32GetProcessMemoryInfo(process.handle, &counters, sizeof counters) != 0
             ? counters.PagefileUsage
             : 0;
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
