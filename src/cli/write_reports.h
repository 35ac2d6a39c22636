#pragma once

#include <catcher/run_report.h>
#include <catcher/sweep.h>

#include <functional>
#include <string_view>
#include <vector>

#include "cli/report_order.h"

namespace catcher {

// Writes every report that was asked for, also after one could not be written. Each that could not is one line given to
// `complain`. True when all were written.
bool write_reports(const std::vector<ReportOrder>& orders, const RunReport& report,
                   const std::function<void(std::string_view line)>& complain);

// The same for a sweep's.
bool write_reports(const std::vector<ReportOrder>& orders, const SweepReport& report,
                   const std::function<void(std::string_view line)>& complain);

}  // namespace catcher
