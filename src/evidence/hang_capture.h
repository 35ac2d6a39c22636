#pragma once

#include <catcher/address.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "debugger/memory_reader.h"
#include "evidence/hang.h"

namespace catcher {

// How much of one processor each thread uses, measured over `window` while they run: call it before they are suspended,
// and not while the process stands at a debug event. `threads` are HANDLEs with THREAD_QUERY_INFORMATION and
// SYNCHRONIZE, not taken. All zero where the OS does not tell, or tells what cannot be true. Returns early when the
// first thread ends.
std::vector<double> measure_cpu_shares(std::span<void* const> threads, std::chrono::milliseconds window);

// The same decision on values: `used` by each thread during `window` on a machine with `processors`.
std::vector<double> cpu_shares(std::span<const std::chrono::microseconds> used, std::chrono::microseconds window,
                               unsigned processors);
// On this machine.
std::vector<double> cpu_shares(std::span<const std::chrono::microseconds> used, std::chrono::microseconds window);

// The address of the loader lock, which the PEB of a process (HANDLE with PROCESS_QUERY_INFORMATION) names; null where
// it cannot be told.
Address find_loader_lock(void* process, const MemoryReader& memory, bool is_64_bit);

// The dialog windows that the processes show, by process id, with title and the text of their static controls. Reads
// what the window manager keeps; sends no message, so that a hung window cannot block it. Empty where there is no
// desktop.
// Loads user32 into catcher: call it only when a process of the tree has user32 loaded itself.
std::vector<std::pair<std::uint32_t, ShownDialog>> find_dialogs(std::span<const std::uint32_t> pids);

}  // namespace catcher
