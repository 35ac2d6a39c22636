#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// A sweep as one HTML page that needs nothing else: its buckets, to be sorted and filtered, each with its stack, its
// inputs and what is similar; and when they were found. What was kept of a bucket is linked as a file beside the page.
std::string to_html(const SweepReport& report);

}  // namespace catcher
