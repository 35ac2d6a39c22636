#pragma once

#include <catcher/run_report.h>

#include <string>

#include "report/text_report.h"

namespace catcher {

// Where the memory went: the curve, what each address space is full of, heaps, images, files, stacks and who allocated
// what was never freed. Empty when nobody looked.
std::string html_memory(const RunReport& report, const TextOptions& options);

}  // namespace catcher
