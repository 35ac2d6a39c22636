#include "triage/verdict.h"

#include "triage/exception_catalogue.h"

namespace catcher {

namespace {

// A program that ends with a number of this family (a shell's, node's) has said itself which signal it stands for.
std::optional<ExitCode> as_signal_exit_code(std::uint32_t status) {
  switch (const auto code = static_cast<ExitCode>(status)) {
    case ExitCode::kCrashIllegal:
    case ExitCode::kCrashTrap:
    case ExitCode::kCrashAbort:
    case ExitCode::kCrashBus:
    case ExitCode::kCrashArithmetic:
    case ExitCode::kCrashMemoryAccess:
      return code;
    default:
      return std::nullopt;
  }
}

std::uint32_t crash_number(const Crash& crash, const CrashExitCode& wanted) {
  switch (wanted.mode) {
    case CrashExitCode::Mode::kFixed:
      return wanted.fixed;
    case CrashExitCode::Mode::kStatus:
      // A crash must not look like success, also where the status that stands for it is 0.
      if (crash.status != 0) {
        return crash.status;
      }
      break;
    case CrashExitCode::Mode::kSignal:
      break;
  }
  return to_number(signal_exit_code(crash));
}

}  // namespace

ExitCode signal_exit_code(const Crash& crash) {
  switch (crash.kind) {
    case CrashKind::kAbort:
    case CrashKind::kFailFast:
      return ExitCode::kCrashAbort;
    case CrashKind::kException:
      return exit_code_of_exception(crash.exception ? crash.exception->code : crash.status);
    case CrashKind::kExitStatus: {
      const std::uint32_t status = crash.exit_status.value_or(crash.status);
      return as_signal_exit_code(status).value_or(exit_code_of_exception(status));
    }
  }
  return ExitCode::kCrashOther;
}

RunVerdict decide_verdict(const RunFacts& facts, const CrashExitCode& crash_exit_code) {
  if (facts.start_failure != StartFailure::kNone) {
    const bool not_found = facts.start_failure == StartFailure::kNotFound;
    return {Verdict::kStartFailed, to_number(not_found ? ExitCode::kNotFound : ExitCode::kCannotStart)};
  }
  // A crash decides whatever came after it: the tree may well have been killed because of it.
  if (facts.first_crash != nullptr) {
    return {Verdict::kCrashed, crash_number(*facts.first_crash, crash_exit_code)};
  }
  if (facts.interrupted) {
    return {Verdict::kInterrupted, to_number(ExitCode::kInterrupted)};
  }
  if (facts.timed_out) {
    return {Verdict::kTimeout, to_number(ExitCode::kTimeout)};
  }
  if (facts.limit_hit) {
    return {Verdict::kLimit, to_number(ExitCode::kLimit)};
  }
  if (facts.defect_found) {
    return {Verdict::kDefect, to_number(ExitCode::kDefect)};
  }
  if (facts.went_idle || facts.let_go) {
    return {Verdict::kNormal, 0};
  }
  return {Verdict::kNormal, facts.root_exit_status.value_or(to_number(ExitCode::kCatcherFailed))};
}

}  // namespace catcher
