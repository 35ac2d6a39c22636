#pragma once

#include "debugger/launch.h"

#include <catcher/options.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace catcher {

// Makes the calling thread the debugger of a process that is running already. It lives on when this thread ends. A
// process that was only just created may not let itself be debugged yet: it is tried again until it does. Nothing when
// `stop` (an event, a HANDLE of the caller's; may be null) was set or the deadline passed before that. Throws
// StartError: kNotFound when there is no such process, kCannotStart when there is and it cannot be debugged.
std::optional<LaunchedProcess> attach(std::uint32_t pid, void* stop,
                                      std::optional<std::chrono::steady_clock::time_point> deadline);

// Tells whoever asked for a debugger (AeDebug) that it is there: sets the event that was inherited under this number
// and closes it. Throws StartError when there is no such event.
void announce_attached(std::uint64_t event_handle);

}  // namespace catcher
