#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace catcher {

enum class AllocationCallKind { kAllocate, kFree, kMap, kUnmap };

// A system call that takes address space or gives it back. Arguments count from 0.
struct AllocationCall {
  static constexpr std::uint8_t kNone = 0xFF;
  std::string_view function;
  AllocationCallKind kind;
  std::uint8_t process;       // whose address space
  std::uint8_t base;          // where the address is, in and out; of kUnmap the address itself
  std::uint8_t size = kNone;  // where the size is, in and out
  std::uint8_t type = kNone;  // MEM_…
};

// Arguments as Microsoft's headers have them (ntifs.h); the Ex functions came with Windows 10 1803.
inline constexpr std::array kAllocationCalls{
    AllocationCall{"NtAllocateVirtualMemory", AllocationCallKind::kAllocate, 0, 1, 3, 4},
    AllocationCall{"NtAllocateVirtualMemoryEx", AllocationCallKind::kAllocate, 0, 1, 2, 3},
    AllocationCall{"NtFreeVirtualMemory", AllocationCallKind::kFree, 0, 1, 2, 3},
    AllocationCall{"NtMapViewOfSection", AllocationCallKind::kMap, 1, 2, 6, 8},
    AllocationCall{"NtMapViewOfSectionEx", AllocationCallKind::kMap, 1, 2, 4, 5},
    AllocationCall{"NtUnmapViewOfSection", AllocationCallKind::kUnmap, 0, 1},
    AllocationCall{"NtUnmapViewOfSectionEx", AllocationCallKind::kUnmap, 0, 1},
};

}  // namespace catcher
