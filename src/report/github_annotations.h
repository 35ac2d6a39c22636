#pragma once

#include <catcher/run_report.h>

#include <string>

namespace catcher {

// The findings as workflow commands of GitHub Actions, one line each: ::error file=…,line=…,title=…::…, and warnings as
// ::warning. GitHub shows ten of each kind, so the first crash of every bucket comes before the repetitions. No text of
// the debuggee can end its line or begin another command, neither a "::" nor a "##[" one. Empty where there is nothing
// to say.
std::string to_github_annotations(const RunReport& report);

}  // namespace catcher
