#include "evidence/address_regions.h"

#include <windows.h>

#include <bit>

namespace catcher {
namespace {

constexpr std::size_t kMostRegions = 400'000;  // a look at more would hold the process for too long

RegionState state_of(DWORD state) {
  return state == MEM_COMMIT    ? RegionState::kCommitted
         : state == MEM_RESERVE ? RegionState::kReserved
                                : RegionState::kFree;
}

RegionType type_of(DWORD type) {
  return type == MEM_IMAGE ? RegionType::kImage : type == MEM_MAPPED ? RegionType::kMapped : RegionType::kPrivate;
}

PageRun to_run(const MEMORY_BASIC_INFORMATION& info) {
  PageRun run;
  run.base = {std::bit_cast<std::uint64_t>(info.BaseAddress)};
  run.size = info.RegionSize;
  run.state = state_of(info.State);
  if (run.state != RegionState::kFree) {
    run.allocation_base = {std::bit_cast<std::uint64_t>(info.AllocationBase)};
    run.type = type_of(info.Type);
  }
  run.protection = run.state == RegionState::kCommitted ? info.Protect : 0;
  return run;
}

}  // namespace

AddressRegions list_regions(void* process, Address end) {
  AddressRegions result;
  MEMORY_BASIC_INFORMATION info{};
  Address at;
  while (at < end && VirtualQueryEx(process, std::bit_cast<const void*>(at.value), &info, sizeof info) != 0) {
    PageRun run = to_run(info);
    const Address next = run.base + run.size;
    if (next <= at) {
      break;
    }
    if (end < next) {
      run.size = end - run.base;
    }
    if (result.runs.size() == kMostRegions) {
      result.is_complete = false;
      break;
    }
    result.runs.push_back(run);
    at = next;
  }
  return result;
}

}  // namespace catcher
