#pragma once

#include <catcher/run_report.h>

#include <string>

namespace catcher {

// The report for machines, as docs/report.schema.json has it: valid UTF-8 whatever the debuggee's text was, ends with a
// line feed. Fields that have nothing to say are absent.
std::string to_json(const RunReport& report);

}  // namespace catcher
