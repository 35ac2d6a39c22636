#pragma once

#include <catcher/address.h>
#include <catcher/memory_report.h>
#include <catcher/options.h>
#include <catcher/stack.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace catcher {

/// What became of a run. The order is that of precedence for a reader, not of severity.
enum class Verdict { kNormal, kCrashed, kTimeout, kLimit, kInterrupted, kStartFailed, kDefect };

/// First chance: before the debuggee's own handlers. Second chance: none of them took it.
enum class Chance { kFirst, kSecond };

/// How a crash showed itself.
enum class CrashKind { kException, kFailFast, kAbort, kExitStatus };

/// What an access violation or in-page error was doing (EXCEPTION_RECORD, ExceptionInformation[0]: 0, 1, 8).
enum class AccessOperation { kRead, kWrite, kExecute };

/// How a process ended.
enum class HowEnded { kItself, kCrash, kKilled, kDetached };

/// One thread of a stopped process.
struct ThreadRecord {
  std::uint32_t tid = 0;
  std::string name;  ///< as set by the debuggee (SetThreadDescription, exception 0x406D1388); may be empty
  Stack stack;
  std::string state;  ///< for a hang: what the thread is doing, e.g. "waits for critical section 0x…, owned by 268"
};

/// One module of a process at the moment of a crash.
struct ModuleRecord {
  Address base;
  std::uint64_t size = 0;       ///< bytes, SizeOfImage
  std::string path;             ///< may be empty
  std::uint32_t timestamp = 0;  ///< TimeDateStamp of the PE header
  std::string symbols;          ///< which symbols were used, or why there are none; empty: not looked for
};

/// An EXCEPTION_RECORD, decoded as far as its own parameters go.
struct ExceptionInfo {
  std::uint32_t code = 0;
  std::string name;          ///< the field's name: EXCEPTION_ACCESS_VIOLATION; for unknown codes the hex number
  Address address;           ///< where it was raised
  std::string module;        ///< file name of the module that `address` lies in; empty: in none
  std::uint64_t offset = 0;  ///< `address` relative to that module's base
  std::vector<std::uint64_t> parameters;
  std::optional<AccessOperation> operation;  ///< for access violations and in-page errors
  std::optional<Address> target;             ///< the address that could not be accessed
  std::string detail;  ///< decoded parameters in words: "write to 0x0", "FAST_FAIL_FATAL_APP_EXIT"; may be empty
};

/// A C++ exception behind a crash.
struct CxxException {
  std::string type;  ///< readable type name
  std::string what;  ///< what(), where it can be read without running code in the debuggee; may be empty
};

/// One crash of one process.
struct Crash {
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;             ///< 0 where no thread is to blame (an exit status)
  std::string thread_name;           ///< of that thread; may be empty
  std::chrono::milliseconds time{};  ///< since the start of the run
  CrashKind kind = CrashKind::kException;
  Chance chance = Chance::kSecond;
  std::string image;                         ///< file name of the process's program
  std::optional<ExceptionInfo> exception;    ///< absent for abort() and exit statuses without an exception
  std::optional<std::uint32_t> exit_status;  ///< for kind kExitStatus: the status
  std::uint32_t status = 0;                  ///< the NTSTATUS (or exit code) that stands for this crash
  std::string summary;                       ///< one line: what happened and where
  std::vector<std::string> notes;            ///< further facts, e.g. "second chance never came"
  std::string missing;                       ///< the DLL or entry point that was missing; may be empty
  std::string assertion;                     ///< text of a CRT assertion; may be empty
  std::optional<CxxException> cxx;
  std::string severity;  ///< high, medium, low, unknown; empty: not ranked
  std::string rule;      ///< id of the severity rule
  std::string why;       ///< the rule's reason
  std::string bucket;    ///< "h1:major.minor"; empty: none
  Stack stack;           ///< of the crashed thread
  std::vector<ThreadRecord> threads;
  std::vector<std::pair<std::string, std::uint64_t>> registers;  ///< name and value, in the usual order
  std::string instruction;                                       ///< the faulting instruction, disassembled
  std::string instruction_note;                                  ///< the operand that faulted
  std::string target_region;                                     ///< what lies at the faulting address
  std::vector<ModuleRecord> modules;
  std::vector<std::string> debug_strings;  ///< of the last second before the crash
  std::string minidump;                    ///< path of the written minidump; empty: none
  std::string minidump_error;              ///< why none was written; empty: none wanted or it was written
};

/// One process of the tree.
struct ProcessRecord {
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  int bits = 64;                                 ///< 32 or 64
  std::string image;                             ///< full path; the file name where the path is not known
  std::string command_line;                      ///< as the process sees it; empty where it could not be read
  std::chrono::milliseconds start{};             ///< since the start of the run
  std::optional<std::chrono::milliseconds> end;  ///< none: it did not end while it was watched
  std::optional<std::uint32_t> exit_status;
  HowEnded ended = HowEnded::kItself;
  /// False: catcher was not its debugger, so that only its birth and perhaps its end are known. Where another debugger
  /// of the tree had it, it comes after all that catcher followed.
  bool followed = true;
  bool is_helper = false;  ///< a process of the OS (console host, error reporting): nobody waits for it
  /// From where it ended itself; only when it was asked for or the status is an error.
  std::optional<Stack> exit_stack;
};

/// How often one exception code was raised at first chance and handled by the debuggee.
struct HandledException {
  std::uint32_t code = 0;
  std::string name;
  std::uint64_t count = 0;
};

/// What the processes were doing at a timeout.
struct Hang {
  /// One process of the tree with all its threads.
  struct Process {
    std::uint32_t pid = 0;
    std::string image;
    std::vector<ThreadRecord> threads;
  };
  std::vector<Process> processes;
  std::string cause;   ///< busy, idle, deadlock, dialog, loader; empty: not told
  std::string detail;  ///< the cause in words
  std::string bucket;  ///< "h1:major.minor" of the hang; empty: none
};

/// The limit that ended a run.
enum class LimitKind { kMemory, kProcesses, kOutput, kIdle, kStart };

/// Which limit was hit, by whom, and what it was doing.
struct LimitHit {
  LimitKind kind = LimitKind::kMemory;
  std::uint64_t limit = 0;     ///< what was allowed: bytes, processes, or milliseconds
  std::uint64_t measured = 0;  ///< what was found, in the same unit
  std::chrono::milliseconds time{};
  std::uint32_t pid = 0;                 ///< the process that hit it, as far as that can be told; 0: it cannot
  std::vector<Hang::Process> processes;  ///< with the stacks of their threads; that of `pid` first
};

/// One captured stream of the target.
struct CapturedStream {
  static constexpr std::size_t kTail = std::size_t{64} << 10;  ///< bytes kept of its end

  std::string path;         ///< of the log file; empty: none
  std::uint64_t bytes = 0;  ///< in all
  std::string tail;         ///< its last kTail bytes, as they came; neither valid UTF-8 nor safe to print
  std::string problem;      ///< why it is not complete; empty when it is
};

/// What the target wrote to its standard streams.
struct CapturedOutput {
  bool passed_through = true;  ///< it went on to catcher's own streams too
  CapturedStream out;
  CapturedStream error;
};

/// One text that a process gave to OutputDebugString.
struct DebugLine {
  std::uint32_t pid = 0;
  std::chrono::milliseconds time{};
  std::string text;                  ///< UTF-8, without its line end
  std::uint64_t dropped_before = 0;  ///< texts of the tree that are missing right before this one
};

/// What the tree told its debugger.
struct DebugOutput {
  std::vector<DebugLine> lines;  ///< oldest first
  std::uint64_t dropped = 0;     ///< in all: not kept, or not even read, because too many came
};

/// What happened to a handle value.
enum class HandleEventKind {
  kOpened,
  kClosed,
  kClosedUnseen,  ///< it must have been closed, though by no system call of its process
  kFound,         ///< it was open when catcher came
  kUsed           ///< although it was closed, or something else by then
};

/// One thing that happened to a handle value.
struct HandleEvent {
  HandleEventKind kind = HandleEventKind::kOpened;
  std::uint32_t tid = 0;             ///< 0: not known
  std::chrono::milliseconds time{};  ///< since the start of the run
  std::string function;              ///< the system call: "NtClose"; may be empty
  std::string type;                  ///< of the object: "Semaphore"; may be empty
  std::string name;                  ///< of the object, as its opener said it; may be empty
  Stack stack;
  std::size_t own_frame = 0;  ///< the first frame of the program's own code; at least frames.size(): there is none
};

/// What is wrong with a handle.
enum class HandleFindingKind { kDoubleClose, kStaleClose, kUseAfterClose, kGuardedClose, kInvalidHandle };

/// One thing that a program did wrong with a handle.
struct HandleFinding {
  HandleFindingKind kind = HandleFindingKind::kDoubleClose;
  bool is_defect = true;  ///< false: worth knowing, no reason to fail a run
  std::uint32_t pid = 0;
  std::string image;                 ///< file name of the process's program
  std::uint64_t handle = 0;          ///< its value
  std::string summary;               ///< one line
  std::string note;                  ///< what limits it; may be empty
  std::uint64_t count = 1;           ///< how often the same was seen
  HandleEvent event;                 ///< what was done
  std::vector<HandleEvent> history;  ///< what had happened to the value before, oldest first
};

/// Handles of one type that were opened at one place and never closed.
struct HandleLeak {
  std::uint32_t pid = 0;
  std::string image;
  std::uint64_t count = 0;
  bool grows = false;        ///< they came one after another during the whole run
  bool is_defect = false;    ///< more than was allowed
  std::uint64_t handle = 0;  ///< one of them
  HandleEvent opened;        ///< how that one was opened
};

/// What the probe saw of one process.
struct HandleCount {
  std::uint32_t pid = 0;
  std::string image;
  std::uint64_t hits = 0;  ///< system calls seen, their ends counted too
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::optional<std::uint64_t> open_at_end;  ///< none: nobody could look
};

/// What became of the handles of the tree.
struct HandleReport {
  std::vector<HandleFinding> findings;  ///< in order of time
  std::vector<HandleLeak> leaks;        ///< most first
  std::vector<HandleCount> processes;   ///< that were watched
};

/// What became of one run: the one value that every report is made from.
struct RunReport {
  std::string catcher_version;
  std::string command_line;                       ///< of the target
  std::chrono::system_clock::time_point started;  ///< UTC
  std::chrono::milliseconds duration{};
  Verdict verdict = Verdict::kNormal;
  std::uint32_t exit_code = 0;           ///< what catcher exits with
  std::string summary;                   ///< one line, the same as on stderr
  std::string start_failure;             ///< why the target could not start; empty when it did
  std::vector<ProcessRecord> processes;  ///< in order of creation, see ProcessRecord::followed; the first is the root
  std::vector<Crash> crashes;            ///< in order of time; the first decides
  std::optional<Hang> hang;
  std::optional<LimitHit> limit;
  std::optional<CapturedOutput> captured;  ///< nothing when the target's streams were left alone
  DebugOutput debug_output;
  Surroundings surroundings;                         ///< what was changed for the target; paths in full
  std::string stdin_file;                            ///< what it read as standard input, in full; empty: catcher's own
  std::optional<HandleReport> handles;               ///< nothing when they were not watched
  std::optional<MemoryReport> memory;                ///< nothing when nobody asked and no memory limit was hit
  std::vector<HandledException> handled_exceptions;  ///< by code
  std::vector<std::string> warnings;                 ///< what catcher could not do, one line each
};

}  // namespace catcher
