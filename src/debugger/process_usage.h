#pragma once

#include "debugger/process_tree.h"

#include <chrono>
#include <cstdint>

namespace catcher {

// What processes use of the machine, as the OS counts it. Each question costs a system call for every process or
// thread.

// Committed memory of a living process, bytes (PROCESS_MEMORY_COUNTERS, PagefileUsage: "the Commit Charge value ... for
// this process"). 0 where the OS does not tell.
std::uint64_t committed_memory(const Process& process);

// Processor time that the threads of the living processes have used so far. Threads that have ended are not in it.
std::chrono::microseconds processor_time(const ProcessTree& tree);

// The same of one thread; zero where the OS does not tell.
std::chrono::microseconds processor_time(HANDLE thread);

}  // namespace catcher
