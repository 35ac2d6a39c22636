#pragma once

#include <catcher/run_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// "surroundings" and what was changed for the target, in one line; empty when nothing was.
std::string surroundings_row(const RunReport& report);

// The end of what the target wrote, where nobody has seen it yet; with `full` all that was kept, in any case. Of its
// stderr, or where that says nothing, of its stdout; with `full` of both. Empty when there is nothing to show.
std::string captured_text(const CapturedOutput& captured, const TextOptions& options);

}  // namespace catcher
