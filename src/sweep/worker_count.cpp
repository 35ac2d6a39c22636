#include "sweep/worker_count.h"

#include <windows.h>

#include <algorithm>
#include <bit>

namespace catcher {

std::uint32_t default_workers(const Options& run) noexcept {
  DWORD_PTR own = 0;
  DWORD_PTR system = 0;
  const bool known = GetProcessAffinityMask(GetCurrentProcess(), &own, &system) != 0 && own != 0;
  // More than 64 processors are in groups, and then the mask may be none.
  const DWORD all = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  const std::uint32_t processors =
      known && all <= 64 ? static_cast<std::uint32_t>(std::popcount(std::uint64_t{own})) : std::max<DWORD>(all, 1);
  constexpr std::uint64_t kUsual = std::uint64_t{256} << 20;  // what a target takes that has no --max-memory
  MEMORYSTATUSEX memory{};
  memory.dwLength = sizeof memory;
  if (GlobalMemoryStatusEx(&memory) == 0) {
    return processors;
  }
  const std::uint64_t room = memory.ullAvailPhys / std::max<std::uint64_t>(run.limits.memory.value_or(kUsual), 1);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(room, 1, processors));
}

}  // namespace catcher
