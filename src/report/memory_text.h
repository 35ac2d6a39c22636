#pragma once

#include <catcher/memory_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// Where the memory went, for a person: a table of uses, one of heaps, and the timeline.
std::string memory_text(const MemoryReport& memory, const TextOptions& options);

}  // namespace catcher
