#pragma once

#include "debugger/job.h"
#include "win32/unique_handle.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// How a target is started.
struct LaunchRequest {
  std::wstring command_line;  // verbatim
  bool debug_heap = false;    // keep the debug heap that Windows gives to debugged processes
};

// A process that was just created under the debugger of the calling thread. It runs nothing before its first debug
// event is continued.
struct LaunchedProcess {
  std::uint32_t pid = 0;
  std::optional<Job> job;   // none: the OS refused one, and the tree is only known by its debug events
  std::string job_warning;  // why there is none; empty when there is one
};

// Starts a target with DEBUG_PROCESS, in a job that dies with us. Standard handles, console and inheritable handles
// pass through. Throws StartError (the target's fault) or std::system_error (ours).
LaunchedProcess launch(const LaunchRequest& request);

}  // namespace catcher
