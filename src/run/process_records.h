#pragma once

#include "debugger/process_tree.h"

#include <catcher/run_report.h>

#include <chrono>
#include <optional>

namespace catcher {

// What only the run knows of a process.
struct ProcessFindings {
  bool crashed = false;  // also of an exception that the policy ignores
  std::optional<Stack> exit_stack;
};

// What the report says of one process, alive or ended. Times count from `started`.
ProcessRecord process_record(const Process& process, ProcessFindings findings,
                             std::chrono::steady_clock::time_point started);

}  // namespace catcher
