#pragma once

#include <cstdint>

namespace catcher {

/// What catcher.exe tells a script by its own exit code: public API, docs/exit-codes.md. 124 to 127 and 137 follow GNU
/// timeout and the POSIX shells, 128 + n the POSIX signal numbers that scripts know.
enum class ExitCode : std::uint32_t {
  kDefect = 123,            ///< ended by itself, but a probe that may fail the run found a defect
  kTimeout = 124,           ///< the deadline passed; the tree was killed
  kCatcherFailed = 125,     ///< catcher itself failed, or its command line is wrong
  kCannotStart = 126,       ///< the target was found but cannot start
  kNotFound = 127,          ///< the target was not found
  kCrashOther = 128,        ///< crashed with any exception or NTSTATUS that has no row below
  kInterrupted = 130,       ///< Ctrl-C, Ctrl-Break or console close; the tree was killed
  kCrashIllegal = 132,      ///< 128 + SIGILL: illegal or privileged instruction
  kCrashTrap = 133,         ///< 128 + SIGTRAP: breakpoint, assertion
  kCrashAbort = 134,        ///< 128 + SIGABRT: fail fast, heap corruption, uncaught C++ or CLR exception, abort()
  kCrashBus = 135,          ///< 128 + SIGBUS: misaligned access, in-page error
  kCrashArithmetic = 136,   ///< 128 + SIGFPE: integer and floating-point faults
  kLimit = 137,             ///< a limit was hit; the tree was killed
  kCrashMemoryAccess = 139  ///< 128 + SIGSEGV: access violation, guard page, stack overflow, array bounds
};

/// The number a process exits with.
constexpr std::uint32_t to_number(ExitCode code) {
  return static_cast<std::uint32_t>(code);
}

}  // namespace catcher
