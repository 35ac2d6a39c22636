#pragma once

#include "debugger/process_tree.h"

namespace catcher {

// "If the system previously reported a CREATE_PROCESS_DEBUG_EVENT debugging event, the system closes the handles to the
// process and thread" when the exit event is continued (ContinueDebugEvent, Microsoft Learn). Not every system does,
// and a run of thousands of threads or a sweep of thousands of processes then runs out of handles. These close what is
// still open and still stands for the very thread or process that has ended, and nothing else. To be called after the
// exit event was continued.
void close_leftover(const Thread& thread) noexcept;
void close_leftovers(const Process& process) noexcept;

}  // namespace catcher
