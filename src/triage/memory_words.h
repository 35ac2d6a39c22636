#pragma once

#include <catcher/memory_report.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// Names as in the JSON report: exit, crash, timeout, limit, interrupted, killed, look; nt, segment, unknown.
std::string_view memory_moment_name(MemoryMoment moment);
std::string_view heap_kind_name(HeapKind kind);

// Where most of a process's memory is, in one line: "Heap 99.5 % of 2.98 GB in use: heap 0x1f0000 has 189 big
// blocks, 2.97 GB; 189 of them have 0x1000040 bytes (189 x 16.0 MB = 2.95 GB)".
std::string describe_memory(const MemorySnapshot& snapshot);

// How a number went up and down, one character for each column; the newest right. With `ascii`, characters that every
// terminal has. Empty for fewer than two samples.
std::string sparkline(const std::vector<MemorySample>& samples, std::size_t columns, bool ascii);

// "12.3 %"
std::string percentage(std::uint64_t part, std::uint64_t whole);

}  // namespace catcher
