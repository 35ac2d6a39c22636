#pragma once

#include <catcher/allocation_history.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace catcher {

// How allocations are put into words. Names come from the debuggee: a renderer escapes them.

// As it stands in the JSON report, for ever: "virtual", "heap_block".
std::string_view allocation_kind_name(AllocationKind kind);

// "16.0 MB", "2.95 GB".
std::string describe_amount(std::uint64_t bytes);

// "halcon.dll!HXmalloc <- HXAllocRLTmp <- ... <- main"; empty: not known.
std::string describe_allocation_path(const AllocationGroup& group);

// One line: how many of which size, from where, and what became of the others.
std::string summarize_allocation(const AllocationGroup& group);

// The frame of the program's own code that it came from; null: there is none.
const Frame* own_frame(const AllocationGroup& group);

// The worst of those that a run is to be failed for; null: there is none.
const AllocationGroup* worst_leak(const AllocationHistory& history);

}  // namespace catcher
