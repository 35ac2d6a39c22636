#pragma once

#include <chrono>
#include <string>

namespace catcher {

// "2026-11-21T10:00:00.000Z"
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace catcher
