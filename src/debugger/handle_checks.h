#pragma once

#include <windows.h>

namespace catcher {

// True when the OS says that a bad handle raises an exception in this process (PROCESS_QUERY_INFORMATION) with or
// without a debugger.
bool checks_handles_strictly(HANDLE process) noexcept;

}  // namespace catcher
