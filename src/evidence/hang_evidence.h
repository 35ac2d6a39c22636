#pragma once

#include "debugger/process_tree.h"
#include "evidence/symbol_cache.h"

#include <catcher/run_report.h>

#include <chrono>
#include <vector>

namespace catcher {

// What becomes of the processes once they have been looked at.
enum class Afterwards { kStaySuspended, kRunOn };

// Looks at a tree that has not come to an end: measures who uses the processor, then suspends every thread of every
// living process (for good where the tree is going to be killed), takes the stacks with names and says what it is
// waiting for. Takes about `time` at the most. What cannot be had is left out; never throws.
Hang look_at_hang(ProcessTree& tree, SymbolCache& symbols, std::chrono::milliseconds time,
                  Afterwards afterwards) noexcept;

// The same for some processes only, whatever it is that they are looked at for.
Hang look_at_processes(const std::vector<Process*>& processes, SymbolCache& symbols, std::chrono::milliseconds time,
                       Afterwards afterwards) noexcept;

}  // namespace catcher
