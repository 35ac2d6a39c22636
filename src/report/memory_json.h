#pragma once

#include <catcher/memory_report.h>

#include <nlohmann/json.hpp>

namespace catcher {

// Where the memory went, in the form of the JSON report.
nlohmann::ordered_json memory_json(const MemoryReport& memory);

}  // namespace catcher
