#pragma once

#include <catcher/address.h>

#include <cstdint>
#include <optional>

#include "debugger/memory_reader.h"

namespace catcher {

// The stack of one thread. It grows down from `base`; [limit, base) is committed, [reserve, limit) is still reserved.
struct ThreadStack {
  std::uint32_t tid = 0;
  Address reserve;
  Address limit;
  Address base;
};

// The TEB of a thread (HANDLE with THREAD_QUERY_INFORMATION, not taken). For a 32-bit thread this is the TEB of its
// 64-bit half. Null when the OS does not tell.
Address teb_of_thread(void* thread);

// The 32-bit TEB of a 32-bit thread, by that of its 64-bit half; null where that does not tell.
Address teb32_of(const MemoryReader& memory, Address teb);

// Reads the stack's bounds out of the TEB: of the 64-bit half's TEB for a 64-bit thread, of the 32-bit TEB that this
// points at for a 32-bit one. Nothing where the memory is unreadable or the bounds make no sense.
std::optional<ThreadStack> read_thread_stack(const MemoryReader& memory, Address teb, std::uint32_t tid,
                                             bool is_64_bit);

}  // namespace catcher
