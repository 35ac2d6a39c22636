#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// The directory of the results as a full path, made if it is not there. Throws SetupError.
std::wstring make_output_directory(const std::string& out);

// summary.json, summary.txt and report.html. What cannot be written becomes a warning of the report. Returns false
// then.
bool write_summary(const std::wstring& out, SweepReport& report);

}  // namespace catcher
