#pragma once

#include <catcher/run_report.h>

#include <string>
#include <vector>

#include "report/text_report.h"

namespace catcher {

// A stack as a table, what counts in the bucket marked; with `show_source` the lines around the innermost frame whose
// source is there stand above it.
std::string html_stack(const Stack& stack, const TextOptions& options, bool show_source);

// Threads with equal stacks together, each group folded.
std::string html_threads(const std::vector<ThreadRecord>& threads, std::uint32_t except_tid,
                         const TextOptions& options);

}  // namespace catcher
