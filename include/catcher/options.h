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

/// A change of the target's environment: `--env NAME=VALUE`. UTF-8.
struct EnvironmentVariable {
  std::string name;   ///< not empty, without '='
  std::string value;  ///< may be empty

  friend bool operator==(const EnvironmentVariable&, const EnvironmentVariable&) = default;
};

/// What the target finds when it starts, beyond what catcher itself was started with.
struct Surroundings {
  std::vector<EnvironmentVariable> variables;  ///< a later one wins over an earlier one of the same name
  std::string directory;                       ///< its current directory, UTF-8; empty: catcher's own
  /// The NT debug heap that Windows gives to every debugged process is kept (default: off, `_NO_DEBUG_HEAP=1`).
  bool debug_heap = false;
  /// A bad handle raises an exception in the target (PROCESS_CREATION_MITIGATION_POLICY_STRICT_HANDLE_CHECKS).
  bool strict_handles = false;
  /// What a debugged process sees of its debugger is hidden, as far as documented interfaces go.
  bool run_as_is = false;
};

/// What becomes of the target's standard streams. By default they are catcher's own and catcher never sees them.
struct Capture {
  std::string log_directory;       ///< where stdout.txt and stderr.txt are written, UTF-8; empty: no files
  bool pass_through = true;        ///< captured output goes on to catcher's own stdout and stderr
  std::string stdin_file;          ///< the target reads this file, UTF-8; empty: catcher's own stdin
  bool echo_debug_output = false;  ///< OutputDebugString text is shown on stderr as it comes
};

/// What a tree may use before it is killed with Verdict::kLimit (idle: see there). None: no limit.
struct Limits {
  std::optional<std::uint64_t> memory;     ///< bytes of committed memory of the whole tree
  std::optional<std::uint32_t> processes;  ///< processes of the tree that are alive at once
  std::optional<std::uint64_t> output;     ///< bytes of captured output, both streams together
  /// The longest time in which the tree uses no processor time; then it is killed with Verdict::kTimeout, or, when
  /// `idle_ok`, with Verdict::kNormal.
  std::optional<std::chrono::milliseconds> idle;
  bool idle_ok = false;
  std::optional<std::chrono::milliseconds> start;  ///< from the birth of a process until its DLLs are initialised
};

/// What happens to the rest of the tree when the root process has ended.
enum class OnRootExit { kWait, kKill, kDetach };

/// Which processes of the tree count.
struct TreePolicy {
  OnRootExit on_root_exit = OnRootExit::kWait;
  std::optional<std::chrono::milliseconds> linger;  ///< how long the rest may still run before it is killed or detached
  /// File name patterns with * and ?, case ignored, UTF-8. A child that `no_follow` names, or that `follow` does not
  /// name although it is not empty, runs without a debugger: it is listed and dies with the tree, nothing else.
  std::vector<std::string> follow;
  std::vector<std::string> no_follow;
};

/// A process that is running already, instead of one that is started.
struct AttachTarget {
  std::uint32_t pid = 0;
  std::string wait_for;           ///< file name of a program to wait for, instead of `pid`; UTF-8
  bool only_look = false;         ///< takes all stacks and detaches
  std::uint64_t ready_event = 0;  ///< an inherited event handle to set once attached (AeDebug's %ld); 0: none
};

/// How much of a program's handles is watched; each more than the one before.
enum class HandleProbe {
  kOff,
  kClose,  ///< who closes, and what: cheap
  kFull,   ///< also who opens, and who signals what is closed
  kUses    ///< also who waits for, reads or writes what is closed
};

/// Who closed my handle: `--handles`.
struct HandleOptions {
  HandleProbe probe = HandleProbe::kOff;
  /// Handles that nobody may close: "TYPE:NAME" or "NAME" with * and ?, case ignored, UTF-8. A name without a backslash
  /// is compared with the last part of the object's.
  std::vector<std::string> guards;
  std::optional<std::uint32_t> leaks;  ///< more than so many handles from one place, open at the end, are a defect
  std::uint32_t rate = 2000;           ///< hits a second above which the probe goes away; 0: never
};

/// How much of a program's memory is looked at; each more than the one before.
enum class MemoryProbe {
  kOff,
  kSummary,  ///< what the address space and the heaps are full of: looked at when a process ends
  kTrace     ///< also who allocated what is still there: every allocation of address space is watched
};

/// Where did the memory go: `--memory`.
struct MemoryOptions {
  MemoryProbe probe = MemoryProbe::kOff;
  std::optional<std::uint64_t> leak_limit;  ///< more bytes than this from one stack, live at the end, are a defect
  std::uint32_t rate = 2000;                ///< allocations a second above which they are not traced; 0: always traced
  std::chrono::milliseconds interval{250};  ///< the shortest time between two samples of the committed memory
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
  Surroundings surroundings;
  Capture capture;
  Limits limits;
  TreePolicy tree;
  /// Set: `command_line` is not used. catcher then kills nothing but what has crashed: it detaches.
  std::optional<AttachTarget> attach;
  HandleOptions handles;
  MemoryOptions memory;
};

}  // namespace catcher
