#pragma once

#include <catcher/exit_code.h>
#include <catcher/options.h>
#include <catcher/run_report.h>

#include <cstdint>
#include <optional>

namespace catcher {

// Why the root process never ran.
enum class StartFailure { kNone, kNotFound, kCannotStart };

// What happened in a run, as far as its verdict depends on it. Several may be true at once.
struct RunFacts {
  StartFailure start_failure = StartFailure::kNone;
  const Crash* first_crash = nullptr;  // the first of the tree, by time; not owned
  bool interrupted = false;
  bool timed_out = false;
  bool limit_hit = false;
  bool went_idle = false;     // and that is how it was expected to end
  bool let_go = false;        // the root lives on, as was asked for
  bool defect_found = false;  // by a probe that was asked to fail the run
  std::optional<std::uint32_t> root_exit_status;
};

// What became of the run and the number that catcher.exe exits with.
struct RunVerdict {
  Verdict verdict = Verdict::kNormal;
  std::uint32_t exit_code = 0;

  friend bool operator==(const RunVerdict&, const RunVerdict&) = default;
};

// The design's table of verdicts and exit codes (docs/exit-codes.md).
RunVerdict decide_verdict(const RunFacts& facts, const CrashExitCode& crash_exit_code);

// 128 + the POSIX signal for a crash.
ExitCode signal_exit_code(const Crash& crash);

}  // namespace catcher
