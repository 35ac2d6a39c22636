#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// How many buckets were known after each run, as a curve (SVG): still rising, or flat for long? Empty without buckets.
std::string html_bucket_chart(const SweepReport& report);

}  // namespace catcher
