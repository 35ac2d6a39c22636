#include "cli/write_reports.h"

#include "cli/report_file.h"
#include "cli/source_lines.h"
#include "report/escape.h"
#include "report/html_report.h"
#include "report/html_sweep.h"
#include "report/json_report.h"
#include "report/junit_report.h"
#include "report/sarif_report.h"
#include "report/sweep_journal.h"
#include "report/sweep_junit.h"
#include "report/utc_text.h"
#include "win32/error.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace catcher {
namespace {

std::string content_of(ReportFormat format, const SweepReport& report) {
  switch (format) {
    case ReportFormat::kHtml:
      return to_html(report);
    case ReportFormat::kJson:
      return to_json(report);
    case ReportFormat::kJunit:
      return to_junit(report);
    case ReportFormat::kSarif:
      return to_sarif(report);
  }
  return {};
}

std::string content_of(ReportFormat format, const RunReport& report) {
  switch (format) {
    case ReportFormat::kJson:
      return to_json(report);
    case ReportFormat::kJunit:
      return to_junit(report);
    case ReportFormat::kSarif:
      return to_sarif(report);
    case ReportFormat::kHtml:
      return to_html(report, {.source_line = SourceLines()});
  }
  return {};
}

std::string reason_of(const std::system_error& error) {
  return describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
}

void replace_all(std::wstring& text, std::wstring_view what, const std::wstring& with) {
  for (std::size_t at = text.find(what); at != std::wstring::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// With the process id in the place of "{pid}" and the time of the start, UTC, in that of "{time}": a post-mortem
// debugger writes many reports with one command line.
std::wstring report_path(std::wstring path, const RunReport& report) {
  std::string time = utc_text(report.started);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  replace_all(path, L"{time}", to_utf16(time));
  if (!report.processes.empty()) {
    replace_all(path, L"{pid}", std::to_wstring(report.processes.front().pid));
  }
  return path;
}

std::wstring report_path(std::wstring path, const SweepReport&) {
  return path;
}

template <typename Report>
void write_one(const ReportOrder& order, const Report& report) {
  const std::string content = content_of(order.format, report);
  if (order.file) {
    write_report_file(report_path(*order.file, report), content);
  } else {
    write_report_to_stdout(content);
  }
}

std::string complaint_of(const ReportOrder& order, const std::system_error& error) {
  if (!order.file) {
    return fmt::format("cannot write the report of {} - to stdout: {}", option_of(order.format), reason_of(error));
  }
  return fmt::format("cannot write the report '{}': {}; name a file in a directory that is there and may be written to",
                     escape_for_terminal(to_utf8(*order.file)), reason_of(error));
}

template <typename Report>
bool write_all(const std::vector<ReportOrder>& orders, const Report& report,
               const std::function<void(std::string_view line)>& complain) {
  bool all_written = true;
  for (const ReportOrder& order : orders) {
    try {
      write_one(order, report);
    } catch (const std::system_error& error) {
      complain(complaint_of(order, error));
      all_written = false;
    }
  }
  return all_written;
}

}  // namespace

bool write_reports(const std::vector<ReportOrder>& orders, const RunReport& report,
                   const std::function<void(std::string_view line)>& complain) {
  return write_all(orders, report, complain);
}

bool write_reports(const std::vector<ReportOrder>& orders, const SweepReport& report,
                   const std::function<void(std::string_view line)>& complain) {
  return write_all(orders, report, complain);
}

}  // namespace catcher
