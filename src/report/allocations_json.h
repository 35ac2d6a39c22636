#pragma once

#include <catcher/allocation_history.h>

#include <nlohmann/json.hpp>

namespace catcher {

// Who allocated what is still there, in the form of the JSON report.
nlohmann::ordered_json allocations_json(const AllocationHistory& history);

}  // namespace catcher
