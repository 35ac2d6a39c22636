#pragma once

#include <catcher/run_report.h>

#include <string>
#include <vector>

namespace catcher {

enum class FindingKind { kCrash, kHang, kLimit, kDefect, kNotStarted, kInterrupted };

// One thing that a run must answer for, as the formats of other tools list them. Borrows from the report that it was
// made from. Its texts may come from the debuggee: a renderer escapes them.
struct Finding {
  FindingKind kind = FindingKind::kCrash;
  std::string rule;              // stable id: a severity rule's, else "crash-abort", "hang", "limit", …
  std::string type;              // in a word: "EXCEPTION_ACCESS_VIOLATION", "abort", "timeout"
  std::string message;           // one line
  std::string image;             // of the program concerned: its path, else its file name; may be empty
  std::string bucket;            // empty: none
  const Crash* crash = nullptr;  // kCrash only
  const Stack* stack = nullptr;  // of the call at fault, where a probe saw one
  const Frame* place = nullptr;  // the source line to look at first; none: no frame has one
};

// What there is to answer for, first what decides the verdict; empty after a normal end. Crashes in order of time.
std::vector<Finding> findings_of(const RunReport& report);

// The rule's reason in one sentence. For every rule that findings_of() gives.
std::string describe_rule(const std::string& rule);

}  // namespace catcher
