#pragma once

#include <catcher/run_report.h>

#include <chrono>
#include <string>
#include <vector>

namespace catcher {

// The processes of a run as bars over its time, children under their parents.
std::string html_process_axis(const RunReport& report);

// Something that happened at one moment of a chart.
struct ChartEvent {
  std::chrono::milliseconds time{};
  std::string label;  // plain text
};

// Committed memory over time as a curve (SVG), with the numbers behind it in a folded table. Empty with fewer than two
// samples.
std::string html_memory_chart(const std::vector<MemorySample>& samples, const std::vector<ChartEvent>& events);

}  // namespace catcher
