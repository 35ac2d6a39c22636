#include "debugger/decide.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr std::uint32_t kAccessViolation = 0xC0000005;
constexpr std::uint32_t kBreakpoint = 0x80000003;
constexpr std::uint32_t kWx86Breakpoint = 0x4000001F;
constexpr std::uint32_t kInvalidHandle = 0xC0000008;
constexpr std::uint32_t kThreadName = 0x406D1388;
constexpr std::uint32_t kClrNotification = 0x04242420;
constexpr std::uint32_t kControlC = 0x40010005;
constexpr std::uint32_t kControlBreak = 0x40010008;
constexpr std::uint32_t kFailFast = 0xC0000409;
constexpr std::uint32_t kHeapCorruption = 0xC0000374;
constexpr std::uint32_t kCxxThrow = 0xE06D7363;

constexpr Action kCrashed{ContinueStatus::kNotHandled, Disposition::kCrash};
constexpr Action kPassed{ContinueStatus::kNotHandled, Disposition::kPassedOn};

ProcessState started() {
  return {64, true, true};
}

Action first_chance(std::uint32_t code, const CrashPolicy& policy = {}) {
  return decide({code, Chance::kFirst, false, false}, started(), policy);
}

Action second_chance(std::uint32_t code, const CrashPolicy& policy = {}) {
  return decide({code, Chance::kSecond, false, false}, started(), policy);
}

TEST(DecideException, first_breakpoint_of_a_process_is_its_loaders) {
  EXPECT_EQ(decide({kBreakpoint, Chance::kFirst, false, true}, {64, false, false}, {}),
            (Action{ContinueStatus::kContinue, Disposition::kLoaderBreakpoint}));
}

TEST(DecideException, later_breakpoint_is_left_to_the_debuggee) {
  EXPECT_EQ(first_chance(kBreakpoint), kPassed);
}

TEST(DecideException, unhandled_breakpoint_is_a_crash) {
  EXPECT_EQ(second_chance(kBreakpoint), kCrashed);
}

TEST(DecideException, first_wow64_breakpoint_of_a_32_bit_process_is_its_loaders) {
  EXPECT_EQ(decide({kWx86Breakpoint, Chance::kFirst, false, true}, {32, true, false}, {}),
            (Action{ContinueStatus::kContinue, Disposition::kWow64LoaderBreakpoint}));
}

TEST(DecideException, second_wow64_breakpoint_is_left_to_the_debuggee) {
  EXPECT_EQ(decide({kWx86Breakpoint, Chance::kFirst, false, false}, {32, true, true}, {}), kPassed);
}

TEST(DecideException, wow64_breakpoint_means_nothing_in_a_64_bit_process) {
  EXPECT_EQ(decide({kWx86Breakpoint, Chance::kFirst, false, false}, {64, true, false}, {}), kPassed);
}

TEST(DecideException, thread_name_is_a_notification) {
  EXPECT_EQ(first_chance(kThreadName), (Action{ContinueStatus::kContinue, Disposition::kNotification}));
}

TEST(DecideException, clr_notification_is_a_notification) {
  EXPECT_EQ(first_chance(kClrNotification), (Action{ContinueStatus::kContinue, Disposition::kNotification}));
}

TEST(DecideException, invalid_handle_is_swallowed_because_only_a_debugger_causes_it) {
  EXPECT_EQ(first_chance(kInvalidHandle), (Action{ContinueStatus::kContinue, Disposition::kInvalidHandle}));
  constexpr std::uint32_t kProtectedHandle = 0xC0000235;
  EXPECT_EQ(first_chance(kProtectedHandle), (Action{ContinueStatus::kContinue, Disposition::kInvalidHandle}));
}

TEST(DecideException, control_c_goes_to_the_debuggees_handler) {
  EXPECT_EQ(first_chance(kControlC), (Action{ContinueStatus::kNotHandled, Disposition::kConsoleControl}));
  EXPECT_EQ(first_chance(kControlBreak), (Action{ContinueStatus::kNotHandled, Disposition::kConsoleControl}));
}

TEST(DecideException, breakpoint_of_ntdll_after_critical_error_text_announces_heap_corruption) {
  EXPECT_EQ(decide({kBreakpoint, Chance::kFirst, true, true}, started(), {}),
            (Action{ContinueStatus::kContinue, Disposition::kHeapCorruptionBreakpoint}));
}

TEST(DecideException, breakpoint_elsewhere_after_critical_error_text_is_the_debuggees_own) {
  EXPECT_EQ(decide({kBreakpoint, Chance::kFirst, true, false}, started(), {}), kPassed);
}

TEST(DecideException, heap_corruption_is_a_crash_at_second_chance) {
  EXPECT_EQ(first_chance(kHeapCorruption), kPassed);
  EXPECT_EQ(second_chance(kHeapCorruption), kCrashed);
}

TEST(DecideException, fail_fast_has_a_second_chance_only_and_is_a_crash) {
  EXPECT_EQ(second_chance(kFailFast), kCrashed);
}

TEST(DecideException, handled_access_violation_is_passed_on) {
  EXPECT_EQ(first_chance(kAccessViolation), kPassed);
}

TEST(DecideException, second_chance_is_a_crash_for_every_code) {
  EXPECT_EQ(second_chance(kAccessViolation), kCrashed);
  EXPECT_EQ(second_chance(kCxxThrow), kCrashed);
  EXPECT_EQ(second_chance(0x12345678), kCrashed);
}

TEST(DecideException, second_chance_is_never_continued_as_handled) {
  for (const std::uint32_t code : {kAccessViolation, kBreakpoint, kInvalidHandle, kWx86Breakpoint, kCxxThrow}) {
    EXPECT_EQ(second_chance(code).status, ContinueStatus::kNotHandled) << std::hex << code;
  }
}

TEST(DecideException, first_chance_policy_makes_interesting_codes_crashes) {
  CrashPolicy policy;
  policy.first_chance = true;
  for (const std::uint32_t code :
       {0xC0000005u, 0xC000008Cu, 0x80000002u, 0xC000001Du, 0xC0000006u, 0xC0000096u, 0xC00000FDu}) {
    EXPECT_EQ(first_chance(code, policy), kCrashed) << std::hex << code;
  }
}

TEST(DecideException, first_chance_policy_leaves_language_exceptions_alone) {
  CrashPolicy policy;
  policy.first_chance = true;
  EXPECT_EQ(first_chance(kCxxThrow, policy), kPassed);
  EXPECT_EQ(first_chance(kBreakpoint, policy), kPassed);
}

TEST(DecideException, crash_on_first_makes_any_code_a_crash_at_first_chance) {
  CrashPolicy policy;
  policy.crash_on = {{kCxxThrow, true}};
  EXPECT_EQ(first_chance(kCxxThrow, policy), kCrashed);
}

TEST(DecideException, crash_on_without_first_waits_for_the_second_chance) {
  CrashPolicy policy;
  policy.crash_on = {{kCxxThrow, false}};
  EXPECT_EQ(first_chance(kCxxThrow, policy), kPassed);
  EXPECT_EQ(second_chance(kCxxThrow, policy), kCrashed);
}

TEST(DecideException, crash_on_makes_a_swallowed_code_a_crash) {
  CrashPolicy policy;
  policy.crash_on = {{kInvalidHandle, false}};
  EXPECT_EQ(first_chance(kInvalidHandle, policy), kCrashed);
}

TEST(DecideException, crash_on_does_not_touch_the_loader_breakpoint) {
  CrashPolicy policy;
  policy.crash_on = {{kBreakpoint, true}};
  EXPECT_EQ(decide({kBreakpoint, Chance::kFirst, false, true}, {64, false, false}, policy).disposition,
            Disposition::kLoaderBreakpoint);
}

TEST(DecideException, ignored_code_is_no_crash_at_second_chance) {
  CrashPolicy policy;
  policy.ignore = {kAccessViolation};
  EXPECT_EQ(second_chance(kAccessViolation, policy), (Action{ContinueStatus::kNotHandled, Disposition::kIgnoredDeath}));
}

TEST(DecideException, ignored_code_is_no_crash_with_first_chance_policy) {
  CrashPolicy policy;
  policy.first_chance = true;
  policy.ignore = {kAccessViolation};
  EXPECT_EQ(first_chance(kAccessViolation, policy), kPassed);
}

TEST(DecideException, crash_on_wins_over_ignore) {
  CrashPolicy policy;
  policy.ignore = {kAccessViolation};
  policy.crash_on = {{kAccessViolation, false}};
  EXPECT_EQ(second_chance(kAccessViolation, policy), kCrashed);
}

TEST(DecideException, with_strict_handles_a_bad_handle_is_the_targets_own_error) {
  constexpr std::uint32_t kInvalidHandleCode = 0xC0000008;
  ProcessState process;
  process.strict_handles = true;
  EXPECT_EQ(decide({kInvalidHandleCode, Chance::kFirst}, process, {}), kPassed);
  EXPECT_EQ(decide({kInvalidHandleCode, Chance::kSecond}, process, {}), kCrashed);
}

TEST(DecideException, the_last_crash_on_of_a_code_wins) {
  CrashPolicy policy;
  policy.crash_on = {{kCxxThrow, true}, {kCxxThrow, false}};
  EXPECT_EQ(first_chance(kCxxThrow, policy), kPassed);
}

}  // namespace
}  // namespace catcher
