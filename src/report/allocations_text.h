#pragma once

#include "report/text_report.h"

#include <catcher/allocation_history.h>

#include <string>

namespace catcher {

// Who allocated what is still there, for a person.
std::string allocations_text(const AllocationHistory& history, const TextOptions& options);

}  // namespace catcher
