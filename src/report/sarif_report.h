#pragma once

#include <catcher/run_report.h>
#include <catcher/sweep.h>

#include <string>

namespace catcher {

// The report as SARIF 2.1.0 (OASIS), within what GitHub's code scanning asks of a file. One result a finding: a crash,
// a hang, a limit, a defect; a target that could not start or was interrupted is no result but an unsuccessful
// invocation with a notification. Every result has a location, the program's file where no frame has a source line.
// Valid UTF-8 whatever the debuggee's text was; ends with a line feed.
std::string to_sarif(const RunReport& report);

// The same of a sweep: one result a bucket, with the number of its runs as its occurrences.
std::string to_sarif(const SweepReport& report);

}  // namespace catcher
