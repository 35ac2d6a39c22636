#include "cli/report_options.h"

#include "cli/parse_options.h"
#include "win32/utf.h"

#include <fmt/format.h>

namespace catcher {
namespace {

constexpr const char* kGroup = "Reports";

void add_order(ReportFormat format, const std::optional<std::string>& word, std::vector<ReportOrder>& orders) {
  if (!word) {
    return;
  }
  const std::string& name = not_empty(option_of(format), *word);
  orders.push_back({format, name == "-" ? std::nullopt : std::optional(to_utf16(name))});
}

}  // namespace

void ReportOptions::add_to(CLI::App& app) {
  add_text(app, {"--report", "FILE", "write a JSON report; -: to stdout", kGroup}, report_);
  add_text(app, {"--junit", "FILE", "write a JUnit XML report; -: to stdout", kGroup}, junit_);
  add_text(app, {"--sarif", "FILE", "write a SARIF 2.1.0 report; -: to stdout", kGroup}, sarif_);
  add_text(app, {"--html", "FILE", "write a page for a browser that needs nothing else; -: to stdout", kGroup}, html_);
  add_text(app, {"--annotate", "github", "say on stdout what GitHub Actions shows beside the code", kGroup}, annotate_);
  add_switch(app, {"--full", "", "the text has all threads, modules and registers", kGroup}, full_);
  add_switch(app, {"-q,--quiet", "", "say nothing", kGroup}, quiet_);
  add_switch(app, {"-v,--verbose", "", "show each debug event", kGroup}, verbose_);
}

void ReportOptions::interpret(Request& request) const {
  add_order(ReportFormat::kJson, report_, request.reports);
  add_order(ReportFormat::kJunit, junit_, request.reports);
  add_order(ReportFormat::kSarif, sarif_, request.reports);
  add_order(ReportFormat::kHtml, html_, request.reports);
  interpret_annotate(request);
  request.full_text = full_;
  if (quiet_ && verbose_) {
    fail("--quiet and --verbose contradict each other; give one of them");
  }
  if (quiet_ || verbose_) {
    request.verbosity = quiet_ ? Verbosity::kQuiet : Verbosity::kEvents;
  }
}

void ReportOptions::interpret_annotate(Request& request) const {
  if (!annotate_) {
    return;
  }
  if (*annotate_ != "github") {
    fail(fmt::format("--annotate {}: give github, the only one there is", shown(*annotate_)));
  }
  for (const ReportOrder& order : request.reports) {
    if (!order.file) {
      fail(fmt::format("{} - and --annotate github both want stdout; give the report a file", option_of(order.format)));
    }
  }
  request.annotate_github = true;
}

}  // namespace catcher
