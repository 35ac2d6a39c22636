#include <catcher/run.h>

#include "debugger/target_program.h"
#include "run/attach_run.h"
#include "run/shared_run.h"
#include "run/tree_run.h"
#include "triage/summary.h"
#include "triage/verdict.h"
#include "win32/full_path.h"
#include "win32/utf.h"

#include <windows.h>

#include <chrono>
#include <string>

namespace catcher {
namespace {

std::string full_path_or_nothing(const std::string& path) {
  return path.empty() ? path : to_utf8(full_path(to_utf16(path)));
}

// Inherited by the tree, so that no dialog of the OS waits for somebody to press a button.
void suppress_error_dialogs() {
  SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
}

RunReport run_with(const Options& options, const StopSource& stop, const RunObserver& observer, SharedParts* shared) {
  RunReport report;
  report.catcher_version = CATCHER_VERSION;
  report.command_line = to_utf8(options.command_line);
  report.started = std::chrono::system_clock::now();
  report.surroundings = options.surroundings;
  report.surroundings.directory = full_path_or_nothing(options.surroundings.directory);
  report.stdin_file = full_path_or_nothing(options.capture.stdin_file);
  suppress_error_dialogs();
  const auto begun = std::chrono::steady_clock::now();
  RunFacts facts;
  try {
    facts = run_tree(options, stop, observer, report, shared);
  } catch (const StartError& error) {
    facts.start_failure =
        error.exit_code() == ExitCode::kNotFound ? StartFailure::kNotFound : StartFailure::kCannotStart;
    report.start_failure = error.what();
  } catch (const NeverAttached& waited) {
    facts.interrupted = waited.interrupted;
    facts.timed_out = !waited.interrupted;
    report.duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  }
  facts.first_crash = report.crashes.empty() ? nullptr : &report.crashes.front();
  const RunVerdict verdict = decide_verdict(facts, options.crash_exit_code);
  report.verdict = verdict.verdict;
  report.exit_code = verdict.exit_code;
  const bool timed_out = report.verdict == Verdict::kTimeout && options.timeout && !report.limit;
  report.summary = summarize_run(report, timed_out ? describe_duration(*options.timeout) : report.start_failure);
  return report;
}

}  // namespace

SymbolOptions symbol_options(const Options& options) {
  return {options.evidence.symbol_directories, options.evidence.time};
}

RunReport run(const Options& options, const StopSource& stop, const RunObserver& observer) {
  return run_with(options, stop, observer, nullptr);
}

RunReport run_sharing(const Options& options, const StopSource& stop, const RunObserver& observer, SharedParts& parts) {
  return run_with(options, stop, observer, &parts);
}

RunReport run(const Options& options) {
  return run(options, StopSource());
}

}  // namespace catcher
