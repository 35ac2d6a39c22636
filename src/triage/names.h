#pragma once

#include <catcher/run_report.h>

#include <string_view>

namespace catcher {

// The words for the enumerations of run_report.h, as they stand in the JSON report: a word is never changed, only
// added.

std::string_view verdict_name(Verdict verdict);              // "normal", "start_failed"
std::string_view chance_name(Chance chance);                 // "first", "second"
std::string_view crash_kind_name(CrashKind kind);            // "exception", "fail_fast"
std::string_view operation_name(AccessOperation operation);  // "read", "write", "execute"
std::string_view how_ended_name(HowEnded ended);             // "itself", "crash"
std::string_view limit_kind_name(LimitKind kind);            // "memory", "idle"
std::string_view frame_source_name(FrameSource source);      // "context", "unwind_data"

}  // namespace catcher
