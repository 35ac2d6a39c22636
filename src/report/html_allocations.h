#pragma once

#include <catcher/allocation_history.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// Who allocated what was never given back: each path with its growth, its sizes and its stack, most bytes first. Empty
// when nothing was left and there is nothing to say about what was seen.
std::string html_allocations(const AllocationHistory& history, const TextOptions& options);

}  // namespace catcher
