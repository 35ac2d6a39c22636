#pragma once

#include <string_view>

namespace catcher {

// What a function between the program and the system call says about an allocation.
enum class AllocatorRole {
  kNone,
  kHeap,       // a heap hands out a block, or gets itself room for some
  kHeapBirth,  // a heap is made
};

// Both names canonical, see canonical_name.h.
AllocatorRole allocator_role(std::string_view module, std::string_view function);

}  // namespace catcher
