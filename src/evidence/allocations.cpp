#include <algorithm>

#include "evidence/address_regions.h"

namespace catcher {

bool is_readable(const PageRun& run) {
  constexpr std::uint32_t kNoAccess = 0x01;  // PAGE_NOACCESS
  constexpr std::uint32_t kExecute = 0x10;   // PAGE_EXECUTE
  constexpr std::uint32_t kGuard = 0x100;    // PAGE_GUARD
  return run.state == RegionState::kCommitted && run.protection != 0 &&
         (run.protection & (kNoAccess | kExecute | kGuard)) == 0;
}

Allocations::Allocations(const std::vector<PageRun>& runs) {
  for (const PageRun& run : runs) {
    if (run.state == RegionState::kFree) {
      continue;
    }
    if (all_.empty() || all_.back().base != run.allocation_base) {
      all_.push_back({run.allocation_base, 0, 0, run.type, run.base == run.allocation_base && is_readable(run)});
    }
    Allocation& allocation = all_.back();
    allocation.size = run.base + run.size - allocation.base;
    allocation.committed += run.state == RegionState::kCommitted ? run.size : 0;
  }
}

const Allocation* Allocations::find(Address address) const {
  const auto after = std::upper_bound(all_.begin(), all_.end(), address,
                                      [](Address wanted, const Allocation& one) { return wanted < one.base; });
  if (after == all_.begin()) {
    return nullptr;
  }
  const Allocation& allocation = *(after - 1);
  return address - allocation.base < allocation.size ? &allocation : nullptr;
}

}  // namespace catcher
