#pragma once

#include <catcher/run_report.h>

#include <string>

namespace catcher {

// The report as JUnit XML, the dialect that Jenkins' schema describes. One suite; its first test case is the target,
// with the finding that decides the verdict. Every further finding is a test case of its own: Jenkins and GitLab show
// one failure of a test case and drop the others, and GitLab drops a test case whose name came before, so each has its
// own. A target that was never tested (not started, interrupted) is an <error>, all else a <failure>. Legal XML 1.0
// whatever the debuggee's text was.
std::string to_junit(const RunReport& report);

}  // namespace catcher
