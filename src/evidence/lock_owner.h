#pragma once

#include <catcher/address.h>

#include <cstdint>
#include <optional>
#include <span>

#include "debugger/memory_reader.h"
#include "evidence/registers.h"

namespace catcher {

// A critical section that a thread waits for.
struct AwaitedSection {
  Address section;
  std::uint32_t owner = 0;  // thread id that RTL_CRITICAL_SECTION names
};

// Finds the critical section that a thread waits for: the wait function was given its address, so that it is still in a
// register or on the innermost part of the stack. A candidate must look like an owned section in every field, and its
// owner must be another thread of `tids`, or the section must be registered with the loader's debug list (then the
// owner may have ended: an orphaned lock).
std::optional<AwaitedSection> find_awaited_section(const MemoryReader& memory, const Registers& registers,
                                                   std::uint32_t tid, std::span<const std::uint32_t> tids);

}  // namespace catcher
