#pragma once

#include <catcher/run_report.h>

#include <nlohmann/json.hpp>

namespace catcher {

// What was changed for the target and what it said, in the form of the JSON report. Each is null where there is nothing
// to say.
nlohmann::ordered_json surroundings_json(const RunReport& report);
nlohmann::ordered_json captured_json(const CapturedOutput& captured);
nlohmann::ordered_json debug_output_json(const DebugOutput& output);

}  // namespace catcher
