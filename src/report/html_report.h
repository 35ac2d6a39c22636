#pragma once

#include <catcher/run_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// The report of one run as one HTML page that needs nothing else. Of the options `source_line` counts; a page has room
// for everything.
std::string to_html(const RunReport& report, const TextOptions& options = {});

}  // namespace catcher
