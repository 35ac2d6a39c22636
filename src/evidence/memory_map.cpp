#include "evidence/memory_map.h"

#include <windows.h>
// After windows.h, whose types it uses.
#include <psapi.h>

#include <array>
#include <bit>

#include "win32/utf.h"

namespace catcher {
namespace {

constexpr DWORD kReadable = PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ |
                            PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
constexpr DWORD kWritable = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
constexpr DWORD kExecutable = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

RegionState state_of(DWORD state) {
  return state == MEM_COMMIT    ? RegionState::kCommitted
         : state == MEM_RESERVE ? RegionState::kReserved
                                : RegionState::kFree;
}

RegionType type_of(DWORD type) {
  switch (type) {
    case MEM_IMAGE:
      return RegionType::kImage;
    case MEM_MAPPED:
      return RegionType::kMapped;
    case MEM_PRIVATE:
      return RegionType::kPrivate;
    default:
      return RegionType::kNone;
  }
}

}  // namespace

std::optional<MemoryRegion> ProcessMemoryMap::region_at(Address address) const {
  MEMORY_BASIC_INFORMATION info{};
  if (VirtualQueryEx(process_, std::bit_cast<const void*>(address.value), &info, sizeof info) == 0) {
    return std::nullopt;
  }
  MemoryRegion region;
  region.base = {std::bit_cast<std::uint64_t>(info.BaseAddress)};
  region.size = info.RegionSize;
  region.state = state_of(info.State);
  if (region.state != RegionState::kFree) {
    region.allocation_base = {std::bit_cast<std::uint64_t>(info.AllocationBase)};
    region.type = type_of(info.Type);
  }
  if (region.state == RegionState::kCommitted) {
    region.guard = (info.Protect & PAGE_GUARD) != 0;
    region.readable = (info.Protect & kReadable) != 0 && !region.guard;
    region.writable = (info.Protect & kWritable) != 0 && !region.guard;
    region.executable = (info.Protect & kExecutable) != 0 && !region.guard;
  }
  return region;
}

std::string ProcessMemoryMap::mapped_file(Address address) const {
  std::array<wchar_t, 1024> path{};
  const DWORD length = K32GetMappedFileNameW(process_, std::bit_cast<void*>(address.value), path.data(),
                                             static_cast<DWORD>(path.size()));
  return to_utf8({path.data(), length < path.size() ? length : path.size()});
}

}  // namespace catcher
