#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// A directory of results as a full path; a long one in the form that leaves room for the longest path in it
// (long_path()).
std::wstring results_path(const std::string& directory);

// The same, made if it is not there. Throws SetupError.
std::wstring make_output_directory(const std::string& out);

// Where the workers have their directories. Their targets are given paths in it, and few programs can open one of more
// than 260 characters: that of a long results_path() is where temporary files go, always the same one.
std::wstring work_place(const std::wstring& results);

// summary.json, summary.txt and report.html. What cannot be written becomes a warning of the report. Returns false
// then.
bool write_summary(const std::wstring& out, SweepReport& report);

}  // namespace catcher
