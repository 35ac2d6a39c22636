#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// The formats that a report file can have.
enum class ReportFormat { kJson, kJunit, kSarif, kHtml };

// One report that was asked for.
struct ReportOrder {
  ReportFormat format = ReportFormat::kJson;
  std::optional<std::wstring> file;  // none: stdout

  friend bool operator==(const ReportOrder&, const ReportOrder&) = default;
};

// "--report", "--junit", "--sarif", "--html".
std::string_view option_of(ReportFormat format);

// Refuses what would destroy something: two reports for one file, and a report in place of the target's program (of an
// empty command line there is none). Looks at the files themselves, so that two names of one file are found out. Throws
// UsageError.
void refuse_colliding_reports(const std::vector<ReportOrder>& orders, std::wstring_view command_line);

}  // namespace catcher
