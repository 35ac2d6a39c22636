#pragma once

#include <string>
#include <vector>

namespace catcher {

// catcher diff A.json B.json: what is different in the second report. Throws UsageError when one of the files cannot be
// read or is no report.
std::string run_diff(const std::vector<std::wstring>& files);

}  // namespace catcher
