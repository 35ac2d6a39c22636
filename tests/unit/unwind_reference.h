#pragma once

#include <windows.h>

#include "debugger/memory_reader.h"

#include <cstdint>
#include <vector>

namespace catcher {

// The same stack as the system's own StackWalk64 sees it, for comparison: the program counters of all frames. Function
// tables come from the running process, memory from the reader.
class StackWalkReference {
 public:
  StackWalkReference();

  bool is_available() const { return stack_walk_ != nullptr; }
  std::vector<std::uint64_t> walk(CONTEXT context, const MemoryReader& memory, std::size_t limit) const;

 private:
  void* stack_walk_ = nullptr;  // of a library that stays loaded
};

}  // namespace catcher
