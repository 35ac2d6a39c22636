#pragma once

namespace harness {

// How many handles a process has, by trying each number: the system's own count is not to be had everywhere. `process`
// needs PROCESS_DUP_HANDLE.
int count_handles(void* process);

}  // namespace harness
