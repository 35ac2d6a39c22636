#pragma once

#include <catcher/run_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// What went wrong in a run, each kind in sections of its own; empty where it did not happen.

std::string html_crashes(const RunReport& report, const TextOptions& options);
std::string html_hang(const Hang& hang, const TextOptions& options);
std::string html_limit(const LimitHit& limit, const TextOptions& options);
std::string html_handles(const HandleReport& handles, const TextOptions& options);

}  // namespace catcher
