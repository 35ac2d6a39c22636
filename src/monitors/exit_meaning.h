#pragma once

#include "debugger/process_tree.h"

#include <catcher/options.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace catcher {

// What is known when a process has ended.
struct ExitFacts {
  std::uint32_t status = 0;
  ExitRequest request = ExitRequest::kNone;
  bool is_root = false;
  // How long before its end a thread of it met a hardware fault of which nothing was heard since; none: no such thread.
  std::optional<std::chrono::milliseconds> unresolved_fault_age;
  std::uint32_t unresolved_fault_code = 0;  // of that fault
};

// What the end of a process means.
enum class ExitMeaning {
  kNormal,       // it asked to end, or somebody ended it
  kDiedOfFault,  // its second chance never came
  kStatus,       // an NTSTATUS that nobody asked for, or an exit code on the user's list
  kCannotStart   // the root's loader gave up
};

// Judges the end of a process: pure, one test a row.
ExitMeaning explain_exit(const ExitFacts& facts, const CrashPolicy& policy);

}  // namespace catcher
