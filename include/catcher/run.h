#pragma once

#include <catcher/options.h>
#include <catcher/run_report.h>
#include <catcher/setup_error.h>

#include <functional>
#include <memory>
#include <string_view>

namespace catcher {

/// Asks a run to stop, from any thread (a console control handler, a watchdog). Copies share one state.
class StopSource {
 public:
  /// Throws std::system_error when the OS has no event object left.
  StopSource();
  /// The run that was given this source kills its tree and ends with Verdict::kInterrupted. May be called at any time,
  /// also before the run has begun and after it has ended, and more than once.
  void request_stop() const noexcept;

  struct State;
  /// The shared state; for run() itself.
  const std::shared_ptr<State>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_;
};

/// What a caller may watch while a run goes on. All are called on the thread that called run(), while the debuggee is
/// stopped: be quick, do not throw.
struct RunObserver {
  /// One line for each debug event (`-v`); UTF-8, safe to print. Empty: no lines are made.
  std::function<void(std::string_view line)> on_event;
  /// What a process gave to OutputDebugString, as soon as it came, when Capture::echo_debug_output is set; what it
  /// takes counts as the cost of reading these texts, which is bounded. UTF-8, but not safe to print.
  std::function<void(const DebugLine& line)> on_debug_output;
  /// Asked before a minidump is written, with the crash as far as it is known then (its bucket is). Empty: always.
  std::function<bool(const Crash& crash)> wants_dump;
};

/// Runs one target to its end under the debugger and says what became of it. Blocks; the calling thread becomes the
/// debugger (only it may wait for debug events), so several threads may each call run() at the same time. Every process
/// of the tree has ended when it returns. A target that is not found or cannot start is a verdict, not an error. Sets
/// the error mode of the calling process, which the tree inherits, so that no error dialog stops a run. Throws
/// SetupError when a file or a directory that the options name cannot be had, std::system_error with the Win32 code
/// when the OS refuses something that a run cannot do without.
RunReport run(const Options& options, const StopSource& stop, const RunObserver& observer = {});

/// The same, without a way to stop it from outside.
RunReport run(const Options& options);

}  // namespace catcher
