#pragma once

#include "debugger/process_tree.h"
#include "evidence/symbol_cache.h"

#include <catcher/run_report.h>

#include <chrono>

namespace catcher {

// Looks at a tree that has not come to an end: measures who uses the processor, then suspends every thread of every
// living process (for good: the tree is going to be killed), takes the stacks with names and says what it is waiting
// for. Takes about `time` at the most. What cannot be had is left out; never throws.
Hang look_at_hang(ProcessTree& tree, SymbolCache& symbols, std::chrono::milliseconds time) noexcept;

}  // namespace catcher
