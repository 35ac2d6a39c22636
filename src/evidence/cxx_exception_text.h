#pragma once

#include <catcher/address.h>

#include <string>

#include "debugger/memory_reader.h"

namespace catcher {

// The zero-terminated string at `at`, at most `limit` bytes of it, as it stands in the debuggee; what is unreadable
// ends it.
std::string read_text(const MemoryReader& memory, Address at, std::size_t limit);

// The same, made fit to be shown: what a thrown object says about itself.
std::string read_message(const MemoryReader& memory, Address at);

// A pointer of the debuggee's width; null where it cannot be read.
Address read_address(const MemoryReader& memory, Address at, bool is_64_bit);

}  // namespace catcher
