#pragma once

#include "debugger/process_tree.h"
#include "evidence/symbol_cache.h"

#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace catcher {

// What becomes of the processes once they have been looked at.
enum class Afterwards { kStaySuspended, kRunOn };

// What the threads of a tree had used of the processor at a moment. Taken kCpuWindow before a look, it spares the look
// waiting so long itself, and asking for what can be known before: the modules of the processes.
struct CpuSample {
  std::chrono::steady_clock::time_point taken;
  std::map<std::uint32_t, std::chrono::microseconds> used;  // by thread id, which is unique in the system
};

// Long enough to tell a thread that computes from one that sleeps, short enough not to be noticed.
constexpr std::chrono::milliseconds kCpuWindow{60};

CpuSample sample_cpu(ProcessTree& tree);

// Looks at a tree that has not come to an end: measures who uses the processor, then suspends every thread of every
// living process (for good where the tree is going to be killed), takes the stacks with names and says what it is
// waiting for. Takes about `time` at the most. What cannot be had is left out; never throws.
Hang look_at_hang(ProcessTree& tree, SymbolCache& symbols, std::chrono::milliseconds time, Afterwards afterwards,
                  const CpuSample* earlier = nullptr) noexcept;

// The same for some processes only, whatever it is that they are looked at for.
Hang look_at_processes(const std::vector<Process*>& processes, SymbolCache& symbols, std::chrono::milliseconds time,
                       Afterwards afterwards, const CpuSample* earlier = nullptr) noexcept;

}  // namespace catcher
