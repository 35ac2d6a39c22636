#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

/// A change of one row of the exception table: `--crash-on CODE[,first]`.
struct CrashOnRule {
  std::uint32_t code = 0;     ///< exception code, an NTSTATUS
  bool first_chance = false;  ///< already at the first chance, whether or not the debuggee would handle it

  friend bool operator==(const CrashOnRule&, const CrashOnRule&) = default;
};

/// What counts as a crash, beyond the defaults of the exception table.
struct CrashPolicy {
  /// First-chance occurrences of the interesting codes (access violation, stack overflow, …) are crashes too.
  bool first_chance = false;
  std::vector<CrashOnRule> crash_on;  ///< later rows win over earlier ones and over `ignore`
  std::vector<std::uint32_t> ignore;  ///< exception codes that never count as a crash
  bool exit_stack = false;            ///< keep the stack from which a process ends itself with a code other than 0
  std::vector<std::uint32_t> crash_on_exit;  ///< exit codes of any process of the tree that count as a crash
};

/// How the exit code of a crash is chosen.
struct CrashExitCode {
  /// Signal: 128 + the POSIX signal. Status: the NTSTATUS of the crash itself. Fixed: always `fixed`.
  enum class Mode { kSignal, kStatus, kFixed };
  Mode mode = Mode::kSignal;
  std::uint32_t fixed = 0;  ///< used in mode kFixed only
};

/// Which minidump is written at a crash.
enum class DumpType { kNone, kSmall, kFull };

/// What is gathered at a crash or a hang, and what that may cost.
struct EvidenceLimits {
  std::vector<std::string> symbol_directories;  ///< searched for symbol files after the module's own directory; UTF-8
  std::string dump_directory;                   ///< where minidumps go; UTF-8
  DumpType dump_type = DumpType::kNone;
  /// Upper bound for looking at the stacks of a stopped tree, per crash and per hang.
  std::chrono::milliseconds time{5000};
};

/// Everything one run can be told. Plain values; the defaults are those of the command line.
struct Options {
  /// The target's command line, passed on verbatim. Its first word names the program. UTF-16, at most 32,766 units
  /// (CreateProcessW's limit).
  std::wstring command_line;
  /// Wall-clock time from the start of the root process after which the whole tree is killed; none: no deadline.
  std::optional<std::chrono::milliseconds> timeout;
  CrashPolicy crash_policy;
  CrashExitCode crash_exit_code;
  EvidenceLimits evidence;
  /// After a crash only the crashed process is ended and the rest of the tree runs on.
  bool keep_going = false;
  /// The NT debug heap that Windows gives to every debugged process is kept (default: off, `_NO_DEBUG_HEAP=1`).
  bool debug_heap = false;
};

}  // namespace catcher
