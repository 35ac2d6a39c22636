#pragma once

#include "debugger/process_tree.h"

#include <chrono>
#include <cstdint>

namespace catcher {

// What processes use of the machine, as the OS counts it. Each question costs a system call for every process or
// thread.

// Private memory that a living process has committed, bytes: its commit charge (PROCESS_MEMORY_COUNTERS,
// PagefileUsage). Where the system's number leaves out pages that nobody has touched, what the map of the address space
// shows; that costs a system call for each region, and of very many regions only the first are looked at. 0 where the
// OS does not tell.
std::uint64_t committed_memory(const Process& process);

// The most that it ever had, where the system keeps count of that (PeakPagefileUsage); else what it has now, or 0.
std::uint64_t peak_committed_memory(const Process& process);

// Processor time that the threads of the living processes have used so far. Threads that have ended are not in it.
std::chrono::microseconds processor_time(const ProcessTree& tree);

// The same of one thread; zero where the OS does not tell.
std::chrono::microseconds processor_time(HANDLE thread);

}  // namespace catcher
