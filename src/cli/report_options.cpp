#include "cli/report_options.h"

#include "cli/parse_options.h"
#include "win32/utf.h"

namespace catcher {
namespace {

constexpr const char* kGroup = "Reports";

}  // namespace

void ReportOptions::add_to(CLI::App& app) {
  add_text(app, {"--report", "FILE", "write a JSON report", kGroup}, report_);
  add_switch(app, {"--full", "", "the text has all threads, modules and registers", kGroup}, full_);
  add_switch(app, {"-q,--quiet", "", "say nothing", kGroup}, quiet_);
  add_switch(app, {"-v,--verbose", "", "show each debug event", kGroup}, verbose_);
}

void ReportOptions::interpret(Request& request) const {
  if (report_) {
    request.report_file = to_utf16(not_empty("--report", *report_));
  }
  request.full_text = full_;
  if (quiet_ && verbose_) {
    fail("--quiet and --verbose contradict each other; give one of them");
  }
  if (quiet_ || verbose_) {
    request.verbosity = quiet_ ? Verbosity::kQuiet : Verbosity::kEvents;
  }
}

}  // namespace catcher
