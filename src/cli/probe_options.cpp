#include "cli/probe_options.h"

#include "cli/number.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace catcher {
namespace {

constexpr const char* kGroup = "Handles";

// A count that may be none.
std::uint32_t count_or_zero(std::string_view option, std::string_view word) {
  return word == "0" ? 0 : count_value(option, word);
}

HandleProbe probe_of(const std::string& word) {
  if (word == "full") {
    return HandleProbe::kFull;
  }
  if (word == "close") {
    return HandleProbe::kClose;
  }
  if (word == "uses") {
    return HandleProbe::kUses;
  }
  fail(fmt::format("--handles={}: give close, full or uses", shown(word)));
}

}  // namespace

void ProbeOptions::add_to(CLI::App& app) {
  app.add_flag("--handles{full}", handles_,
               "find who closed a handle that is not his: =close watches closes only (cheap), =uses also who waits "
               "for, reads or writes a closed one")
      ->group(kGroup);
  add_list(
      app,
      {"--guard-handle", "PATTERN", "nobody may close such a handle: 'Semaphore:_Task*', a type or a name", kGroup},
      guards_);
  add_text(app,
           {"--handle-leaks", "N", "more than N handles from one place that are open at the end are a defect", kGroup},
           leaks_);
  add_text(app,
           {"--probe-rate", "N", "watched calls a second above which the watch ends (default 2000; 0: never)", kGroup},
           rate_);
}

void ProbeOptions::interpret_handles(HandleOptions& handles) const {
  if (!handles_.empty()) {
    handles.probe = probe_of(handles_);
  }
  for (const std::string& guard : guards_) {
    handles.guards.push_back(not_empty("--guard-handle", guard));
  }
  if (leaks_) {
    handles.leaks = count_or_zero("--handle-leaks", *leaks_);
  }
  if (rate_) {
    handles.rate = count_or_zero("--probe-rate", *rate_);
  }
  if (handles.probe == HandleProbe::kOff && (leaks_ || rate_ || !guards_.empty())) {
    fail(fmt::format("{} says what --handles does; give that too", leaks_  ? "--handle-leaks"
                                                                   : rate_ ? "--probe-rate"
                                                                           : "--guard-handle"));
  }
  if (handles.probe == HandleProbe::kClose && leaks_) {
    fail("--handles=close does not see who opens: --handle-leaks needs --handles");
  }
}

void ProbeOptions::interpret(Options& options) const {
  interpret_handles(options.handles);
}

}  // namespace catcher
