#pragma once

#include "debugger/memory_reader.h"
#include "evidence/unwind_context.h"

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace catcher {

// A thread's stack, read upwards in few large pieces. Memory used is bounded: an older piece makes room for the next.
class StackReader {
 public:
  // Where `bounds` do not hold the stack pointer (a fiber of the program's own, a switched stack) they are not
  // believed.
  StackReader(const MemoryReader& memory, StackBounds bounds, Address sp);

  // The eight bytes at an address, on the stack or elsewhere; nothing when they are not readable.
  std::optional<std::uint64_t> value(Address at);

  // True when the bounds are known and hold `at`.
  bool contains(Address at) const { return is_bounded_ && at >= bounds_.low && at < bounds_.high; }

  // True when `sp` is where a thread's first frame leaves it: close to the stack's base, or anywhere when no base is
  // known.
  bool is_near_base(Address sp) const;

 private:
  bool refill(Address from);

  const MemoryReader& memory_;
  StackBounds bounds_;
  bool is_bounded_;
  std::vector<std::byte> window_;
  Address window_start_;
  std::size_t next_size_;
};

}  // namespace catcher
