#include "triage/allocator_frames.h"

#include "triage/skipped_frames.h"

#include <algorithm>
#include <array>

namespace catcher {
namespace {

struct AllocatorFrame {
  std::string_view module;
  std::string_view function;
  AllocatorRole role;
};

// The first that fits counts.
constexpr std::array kTable = {
    AllocatorFrame{"ntdll", "RtlCreateHeap", AllocatorRole::kHeapBirth},
    AllocatorFrame{"kernel*", "HeapCreate", AllocatorRole::kHeapBirth},
    AllocatorFrame{"ntdll", "Rtl*Heap*", AllocatorRole::kHeap},
    AllocatorFrame{"ntdll", "RtlpHp*", AllocatorRole::kHeap},
    AllocatorFrame{"ntdll", "heap_*", AllocatorRole::kHeap},
    AllocatorFrame{"kernel*", "HeapAlloc", AllocatorRole::kHeap},
    AllocatorFrame{"kernel*", "HeapReAlloc", AllocatorRole::kHeap},
    AllocatorFrame{"kernel*", "LocalAlloc", AllocatorRole::kHeap},
    AllocatorFrame{"kernel*", "GlobalAlloc", AllocatorRole::kHeap},
    AllocatorFrame{"*", "*malloc*", AllocatorRole::kHeap},
    AllocatorFrame{"*", "*calloc*", AllocatorRole::kHeap},
    AllocatorFrame{"*", "*realloc*", AllocatorRole::kHeap},
    AllocatorFrame{"*", "operator new*", AllocatorRole::kHeap},
};

}  // namespace

AllocatorRole allocator_role(std::string_view module, std::string_view function) {
  const auto found = std::ranges::find_if(kTable, [&](const AllocatorFrame& row) {
    return matches_pattern(row.module, module) && matches_pattern(row.function, function);
  });
  return found == kTable.end() ? AllocatorRole::kNone : found->role;
}

}  // namespace catcher
