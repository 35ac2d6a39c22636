#pragma once

#include "evidence/registers.h"

#include <catcher/address.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace catcher {

// The registers that unwinding follows from frame to frame.
struct RegisterContext {
  std::array<std::uint64_t, 16> gpr{};  // by Gpr
  std::uint64_t rip = 0;

  std::uint64_t& operator[](Gpr index) { return gpr[static_cast<std::size_t>(index)]; }
  std::uint64_t operator[](Gpr index) const { return gpr[static_cast<std::size_t>(index)]; }

  Address pc() const { return {rip}; }
  Address sp() const { return {(*this)[Gpr::kRsp]}; }
};

// Where a thread's stack lies, as its TEB says: [low, high). Both 0: not known.
struct StackBounds {
  Address low;   // StackLimit
  Address high;  // StackBase
};

}  // namespace catcher
