#pragma once

#include <string>

namespace catcher {

// Compares a report with the bytes of a golden file. To change one on purpose: with the environment variable
// CATCHER_WRITE_GOLDEN=DIRECTORY every report is written there first; look at it, then copy it to tests/golden.
void expect_golden(const std::string& report, const std::string& name);

// Writes a report where that variable says, if it is set.
void write_golden(const std::string& report, const std::string& name);

}  // namespace catcher
