#pragma once

#include <catcher/run_report.h>

#include <string>
#include <vector>

#include "report/text_report.h"

namespace catcher {

// The processes of a run, one a line, children indented under their parents, with how each ended.
std::string process_tree_text(const std::vector<ProcessRecord>& processes, const TextOptions& options);

}  // namespace catcher
