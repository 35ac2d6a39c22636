#pragma once

#include "debugger/launch.h"

#include <catcher/options.h>

#include <cstdint>

namespace catcher {

// Makes the calling thread the debugger of a process that is running already. It lives on when this thread ends. Throws
// StartError: kNotFound when there is no such process, kCannotStart when there is and it cannot be debugged.
LaunchedProcess attach(std::uint32_t pid);

// Tells whoever asked for a debugger (AeDebug) that it is there: sets the event that was inherited under this number
// and closes it. Throws StartError when there is no such event.
void announce_attached(std::uint64_t event_handle);

}  // namespace catcher
