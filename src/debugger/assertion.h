#pragma once

#include "debugger/event.h"
#include "debugger/memory_reader.h"
#include "debugger/thread_context.h"

#include <string>

namespace catcher {

// What a failed assert() says, read from the arguments of the C runtime's _assert(expression, file, line) or its wide
// twin at its first instruction: "expression, file:line", UTF-8. Empty for any other purpose and where the text cannot
// be read.
std::string read_assertion(const MemoryReader& memory, WatchPurpose purpose, const ThreadContext& context,
                           bool wow64_code);

}  // namespace catcher
