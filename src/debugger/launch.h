#pragma once

#include "debugger/job.h"
#include "debugger/startup_streams.h"
#include "win32/unique_handle.h"

#include <catcher/options.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// How a target is started.
struct LaunchRequest {
  std::wstring command_line;  // verbatim
  Surroundings surroundings;
  StandardStreams streams;
};

// A process that was just created under the debugger of the calling thread. It runs nothing before its first debug
// event is continued.
struct LaunchedProcess {
  std::uint32_t pid = 0;
  std::string command_line;            // its own; empty: not known, as for a script, which the OS starts a shell for
  std::optional<Job> job;              // none: the OS refused one, and the tree is only known by its debug events
  std::string job_warning;             // why there is none; empty when there is one
  bool strict_handles = false;         // the OS has taken the request that a bad handle raises an exception in it
  std::string strict_handles_warning;  // why it does not; empty when it does or was not asked
};

// Starts a target with DEBUG_PROCESS, in a job that dies with us. Standard handles that are not replaced, console and
// inheritable handles pass through. A relative path to the program counts from our current directory, not from the
// target's. Throws StartError (the target's fault), SetupError (a current directory that cannot be one) or
// std::system_error (ours).
LaunchedProcess launch(const LaunchRequest& request);

}  // namespace catcher
