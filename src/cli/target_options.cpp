#include "cli/target_options.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace catcher {
namespace {

constexpr const char* kGroup = "Target";

EnvironmentVariable variable(const std::string& word) {
  // From the second character on: the drives' own variables begin with '='.
  const std::size_t equals = word.find('=', 1);
  if (word.empty() || equals == std::string::npos) {
    fail(fmt::format("--env {}: give NAME=VALUE", shown(word)));
  }
  return {word.substr(0, equals), word.substr(equals + 1)};
}

}  // namespace

void TargetOptions::add_to(CLI::App& app) {
  add_list(app, {"--env", "NAME=VALUE", "set a variable in the target's environment", kGroup}, variables_);
  add_text(app, {"--cwd", "DIR", "start the target in this directory", kGroup}, directory_);
  add_text(app, {"--stdin", "FILE", "the target reads this file as its standard input", kGroup}, stdin_);
  add_text(app, {"--log-dir", "DIR", "write what the target writes to DIR\\stdout.txt and DIR\\stderr.txt too", kGroup},
           log_directory_);
  add_switch(app, {"--quiet-target", "", "keep what the target writes out of catcher's own output", kGroup},
             quiet_target_);
  add_switch(app, {"--debug-output", "", "show what the target gives to OutputDebugString", kGroup}, debug_output_);
  add_switch(app, {"--debug-heap", "", "keep the debug heap that Windows gives to debugged processes", kGroup},
             debug_heap_);
  add_switch(app, {"--strict-handles", "", "a bad handle raises an exception in the target, where the OS can", kGroup},
             strict_handles_);
  add_switch(app, {"--run-as-is", "", "hide the debugger from the target, as far as documented", kGroup}, run_as_is_);
}

std::string TargetOptions::first_for_start() const {
  const std::array given{
      std::pair{!variables_.empty(), "--env"},        std::pair{directory_.has_value(), "--cwd"},
      std::pair{stdin_.has_value(), "--stdin"},       std::pair{log_directory_.has_value(), "--log-dir"},
      std::pair{quiet_target_, "--quiet-target"},     std::pair{debug_heap_, "--debug-heap"},
      std::pair{strict_handles_, "--strict-handles"}, std::pair{run_as_is_, "--run-as-is"}};
  for (const auto& [is_given, name] : given) {
    if (is_given) {
      return name;
    }
  }
  return {};
}

void TargetOptions::interpret_surroundings(Surroundings& surroundings) const {
  for (const std::string& word : variables_) {
    surroundings.variables.push_back(variable(word));
  }
  if (directory_) {
    surroundings.directory = not_empty("--cwd", *directory_);
  }
  if (debug_heap_ && run_as_is_) {
    fail("--debug-heap and --run-as-is contradict each other: only a debugged process has the debug heap");
  }
  surroundings.debug_heap = debug_heap_;
  surroundings.strict_handles = strict_handles_;
  surroundings.run_as_is = run_as_is_;
}

void TargetOptions::interpret_capture(Capture& capture) const {
  if (log_directory_) {
    capture.log_directory = not_empty("--log-dir", *log_directory_);
  }
  if (stdin_) {
    capture.stdin_file = not_empty("--stdin", *stdin_);
  }
  capture.pass_through = !quiet_target_;
  capture.echo_debug_output = debug_output_;
}

void TargetOptions::interpret(Options& options) const {
  interpret_surroundings(options.surroundings);
  interpret_capture(options.capture);
}

}  // namespace catcher
