#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// The summary of a sweep for a person: counts, then the buckets, crashes first, similar ones together. Each line is
// ended by a line feed and safe for a terminal whatever names of inputs and the debuggee's text were.
std::string to_text(const SweepReport& report, bool colour);

// One line: how far a sweep is, without a line feed.
std::string to_text(const SweepProgress& progress);

}  // namespace catcher
