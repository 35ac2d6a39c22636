#pragma once

#include <catcher/run_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// What was wrong with the handles: each finding with its stack and the story of the value, then what was left open.
// Empty when there is nothing to tell.
std::string handles_text(const HandleReport& handles, const TextOptions& options);

}  // namespace catcher
