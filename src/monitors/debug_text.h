#pragma once

#include "debugger/event.h"
#include "debugger/memory_reader.h"

#include <cstddef>
#include <string>

namespace catcher {

// Of a longer text the beginning is kept; units of its own encoding.
inline constexpr std::size_t kLongestDebugText = std::size_t{256} << 10;

// What a process gave to OutputDebugString, as UTF-8 and without its line end, read from its memory up to the
// terminating zero: the length that the event tells is cut to 16 bits. A longer one than kLongestDebugText ends with
// " [cut]". Narrow text is taken as UTF-8 where it is valid, else as text in the system's code page.
std::string read_debug_text(const MemoryReader& memory, const DebugString& text);

}  // namespace catcher
