#include "triage/names.h"

namespace catcher {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return "normal";
    case Verdict::kCrashed:
      return "crashed";
    case Verdict::kTimeout:
      return "timeout";
    case Verdict::kLimit:
      return "limit";
    case Verdict::kInterrupted:
      return "interrupted";
    case Verdict::kStartFailed:
      return "start_failed";
    case Verdict::kDefect:
      return "defect";
  }
  return "";
}

std::string_view chance_name(Chance chance) {
  return chance == Chance::kFirst ? "first" : "second";
}

std::string_view crash_kind_name(CrashKind kind) {
  switch (kind) {
    case CrashKind::kException:
      return "exception";
    case CrashKind::kFailFast:
      return "fail_fast";
    case CrashKind::kAbort:
      return "abort";
    case CrashKind::kExitStatus:
      return "exit_status";
  }
  return "";
}

std::string_view operation_name(AccessOperation operation) {
  switch (operation) {
    case AccessOperation::kRead:
      return "read";
    case AccessOperation::kWrite:
      return "write";
    case AccessOperation::kExecute:
      return "execute";
  }
  return "";
}

std::string_view how_ended_name(HowEnded ended) {
  switch (ended) {
    case HowEnded::kItself:
      return "itself";
    case HowEnded::kCrash:
      return "crash";
    case HowEnded::kKilled:
      return "killed";
    case HowEnded::kDetached:
      return "detached";
  }
  return "";
}

std::string_view frame_source_name(FrameSource source) {
  switch (source) {
    case FrameSource::kContext:
      return "context";
    case FrameSource::kUnwindData:
      return "unwind_data";
    case FrameSource::kReturnPop:
      return "return_pop";
    case FrameSource::kFramePointer:
      return "frame_pointer";
    case FrameSource::kScan:
      return "scan";
    case FrameSource::kInline:
      return "inline";
  }
  return "";
}

std::string_view limit_kind_name(LimitKind kind) {
  switch (kind) {
    case LimitKind::kMemory:
      return "memory";
    case LimitKind::kProcesses:
      return "processes";
    case LimitKind::kOutput:
      return "output";
    case LimitKind::kIdle:
      return "idle";
    case LimitKind::kStart:
      return "start";
  }
  return {};
}

}  // namespace catcher
