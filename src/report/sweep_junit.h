#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// A sweep as JUnit XML, in the dialect of a single run's: one test case for each input (with --repeat for each run of
// it), named after the input. What was not tested is an <error>, what ended in a bucket a <failure>; the bucket's text
// stands at its smallest input only. Legal XML 1.0 whatever names and the debuggee's text were.
std::string to_junit(const SweepReport& report);

}  // namespace catcher
