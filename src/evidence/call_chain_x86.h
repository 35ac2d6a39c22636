#pragma once

#include "debugger/memory_reader.h"
#include "evidence/image_map.h"
#include "evidence/unwind.h"

#include <cstdint>
#include <unordered_map>

namespace catcher {

// Finds the callers that a walk along ebp passes over: functions that keep no frame pointer. A word of the stack counts
// as a caller only when the call before it leads to where the frame below is.
class CallChainX86 {
 public:
  // `map` must outlive it. The calls are remembered: code does not change.
  explicit CallChainX86(ImageMap& map) : map_(map) {}

  // Puts them in. `memory` is where the stack is read from.
  void fill_gaps(UnwoundStack& stack, const MemoryReader& memory, std::size_t limit);

 private:
  // Where the call before a return address leads, if that is a function that `pc` can be in; else 0.
  std::uint32_t entry_for(std::uint32_t return_address, std::uint32_t pc, const MemoryReader& memory);
  std::uint32_t target_of(std::uint32_t return_address, const MemoryReader& memory);

  ImageMap& map_;
  std::unordered_map<std::uint32_t, std::uint32_t> targets_;  // of the call before a return address; 0: not known
};

}  // namespace catcher
