#include "debugger/decide.h"

#include "triage/exception_catalogue.h"

#include <algorithm>
#include <array>
#include <optional>

namespace catcher {
namespace {

// winnt.h and ntstatus.h, but for the last two: MSDN "How to: Set a Thread Name in Native Code";
// CLRDATA_NOTIFY_EXCEPTION of clrdata.h.
constexpr std::uint32_t kBreakpoint = 0x80000003;
constexpr std::uint32_t kWx86Breakpoint = 0x4000001F;
constexpr std::uint32_t kInvalidHandleCode = 0xC0000008;
constexpr std::uint32_t kProtectedHandle = 0xC0000235;  // STATUS_HANDLE_NOT_CLOSABLE: a protected handle was closed
constexpr std::uint32_t kControlC = 0x40010005;
constexpr std::uint32_t kControlBreak = 0x40010008;
constexpr std::uint32_t kThreadName = 0x406D1388;
constexpr std::uint32_t kClrNotification = 0x04242420;

using Condition = bool (*)(const ExceptionFacts&, const ProcessState&);

struct Row {
  std::uint32_t code;
  Condition applies;
  Action action;
  bool policy_may_override;  // --crash-on CODE turns it into a crash
};

bool always(const ExceptionFacts&, const ProcessState&) {
  return true;
}

bool is_loader_breakpoint(const ExceptionFacts& exception, const ProcessState& process) {
  // A process that ran before us may have breakpoints of its own, before the one of its loader or instead of it.
  const bool may_be = !process.attached || exception.in_ntdll;
  return exception.chance == Chance::kFirst && !process.loader_breakpoint_seen && may_be;
}

bool is_break_in(const ExceptionFacts& exception, const ProcessState&) {
  return exception.chance == Chance::kFirst && exception.in_break_in_thread;
}

bool is_wow64_loader_breakpoint(const ExceptionFacts& exception, const ProcessState& process) {
  return exception.chance == Chance::kFirst && process.bits == 32 && !process.wow64_breakpoint_seen;
}

bool is_heap_corruption_notice(const ExceptionFacts& exception, const ProcessState&) {
  return exception.chance == Chance::kFirst && exception.critical_error_announced && exception.in_ntdll;
}

bool is_made_by_debugging(const ExceptionFacts& exception, const ProcessState& process) {
  return exception.chance == Chance::kFirst && !process.strict_handles;
}

using enum ContinueStatus;
using enum Disposition;

// The exceptions that are not errors of the debuggee. The first row that applies wins.
constexpr std::array kNotifications{
    Row{kBreakpoint, is_break_in, {kContinue, kLoaderBreakpoint}, false},
    Row{kBreakpoint, is_loader_breakpoint, {kContinue, kLoaderBreakpoint}, false},
    Row{kWx86Breakpoint, is_wow64_loader_breakpoint, {kContinue, kWow64LoaderBreakpoint}, false},
    Row{kBreakpoint, is_heap_corruption_notice, {kContinue, kHeapCorruptionBreakpoint}, false},
    Row{kWx86Breakpoint, is_heap_corruption_notice, {kContinue, kHeapCorruptionBreakpoint}, false},
    Row{kThreadName, always, {kContinue, kNotification}, true},
    Row{kClrNotification, always, {kContinue, kNotification}, true},
    Row{kInvalidHandleCode, is_made_by_debugging, {kContinue, kInvalidHandle}, true},
    Row{kProtectedHandle, is_made_by_debugging, {kContinue, kInvalidHandle}, true},
    Row{kControlC, always, {kNotHandled, kConsoleControl}, true},
    Row{kControlBreak, always, {kNotHandled, kConsoleControl}, true},
};

constexpr Action kItCrashed{kNotHandled, kCrash};

// What the user said of this code; the last --crash-on wins, and wins over --ignore.
enum class Wish { kNone, kCrashAtSecondChance, kCrashAtFirstChance, kIgnore };

Wish wish_for(std::uint32_t code, const CrashPolicy& policy) {
  const auto rule = std::find_if(policy.crash_on.rbegin(), policy.crash_on.rend(),
                                 [code](const CrashOnRule& r) { return r.code == code; });
  if (rule != policy.crash_on.rend()) {
    return rule->first_chance ? Wish::kCrashAtFirstChance : Wish::kCrashAtSecondChance;
  }
  return std::find(policy.ignore.begin(), policy.ignore.end(), code) != policy.ignore.end() ? Wish::kIgnore
                                                                                            : Wish::kNone;
}

const Row* find_notification(const ExceptionFacts& exception, const ProcessState& process) {
  const auto row = std::find_if(kNotifications.begin(), kNotifications.end(), [&](const Row& r) {
    return r.code == exception.code && r.applies(exception, process);
  });
  return row == kNotifications.end() ? nullptr : &*row;
}

bool is_interesting(std::uint32_t code) {
  const ExceptionRow* row = find_exception(code);
  return row != nullptr && row->interesting;
}

}  // namespace

Action decide(const ExceptionFacts& exception, const ProcessState& process, const CrashPolicy& policy) {
  const Wish wish = wish_for(exception.code, policy);
  const bool wanted = wish == Wish::kCrashAtFirstChance || wish == Wish::kCrashAtSecondChance;
  if (const Row* row = find_notification(exception, process)) {
    // These codes have no second chance that would be ours to see, so a wished-for crash is one at first sight.
    return wanted && row->policy_may_override ? kItCrashed : row->action;
  }
  if (exception.chance == Chance::kSecond) {
    return wish == Wish::kIgnore ? Action{kNotHandled, kIgnoredDeath} : kItCrashed;
  }
  if (wish == Wish::kCrashAtFirstChance) {
    return kItCrashed;
  }
  if (wish == Wish::kNone && policy.first_chance && is_interesting(exception.code)) {
    return kItCrashed;
  }
  return {kNotHandled, kPassedOn};
}

}  // namespace catcher
