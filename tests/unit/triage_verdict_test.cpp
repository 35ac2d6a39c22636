#include "triage/verdict.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr CrashExitCode kSignal{};
constexpr CrashExitCode kStatus{CrashExitCode::Mode::kStatus, 0};

Crash crash_with(std::uint32_t code) {
  Crash crash;
  crash.status = code;
  crash.exception = ExceptionInfo{};
  crash.exception->code = code;
  return crash;
}

Crash crash_by_exit(std::uint32_t status) {
  Crash crash;
  crash.kind = CrashKind::kExitStatus;
  crash.status = status;
  crash.exit_status = status;
  return crash;
}

RunFacts ended_with(std::uint32_t status) {
  RunFacts facts;
  facts.root_exit_status = status;
  return facts;
}

TEST(DecideVerdict, a_normal_end_gives_the_target_s_own_exit_code) {
  EXPECT_EQ(decide_verdict(ended_with(0), kSignal), (RunVerdict{Verdict::kNormal, 0}));
  EXPECT_EQ(decide_verdict(ended_with(42), kSignal), (RunVerdict{Verdict::kNormal, 42}));
  EXPECT_EQ(decide_verdict(ended_with(124), kSignal), (RunVerdict{Verdict::kNormal, 124}));
  EXPECT_EQ(decide_verdict(ended_with(0xFFFFFFFF), kSignal), (RunVerdict{Verdict::kNormal, 0xFFFFFFFF}));
}

TEST(DecideVerdict, a_root_that_nobody_saw_ending_is_catcher_s_failure) {
  EXPECT_EQ(decide_verdict(RunFacts{}, kSignal), (RunVerdict{Verdict::kNormal, 125}));
}

TEST(DecideVerdict, a_crash_decides_also_when_the_root_exits_with_0) {
  const Crash crash = crash_with(0xC0000005);
  RunFacts facts = ended_with(0);
  facts.first_crash = &crash;
  EXPECT_EQ(decide_verdict(facts, kSignal), (RunVerdict{Verdict::kCrashed, 139}));
}

TEST(DecideVerdict, a_crash_wins_over_timeout_limit_interruption_and_defect) {
  const Crash crash = crash_with(0xC0000005);
  RunFacts facts;
  facts.first_crash = &crash;
  facts.timed_out = facts.limit_hit = facts.interrupted = facts.defect_found = true;
  EXPECT_EQ(decide_verdict(facts, kSignal).verdict, Verdict::kCrashed);
}

TEST(DecideVerdict, each_way_of_ending_has_its_exit_code) {
  RunFacts timeout;
  timeout.timed_out = true;
  EXPECT_EQ(decide_verdict(timeout, kSignal), (RunVerdict{Verdict::kTimeout, 124}));
  RunFacts interrupted;
  interrupted.interrupted = true;
  EXPECT_EQ(decide_verdict(interrupted, kSignal), (RunVerdict{Verdict::kInterrupted, 130}));
  RunFacts limit;
  limit.limit_hit = true;
  EXPECT_EQ(decide_verdict(limit, kSignal), (RunVerdict{Verdict::kLimit, 137}));
  RunFacts defect = ended_with(0);
  defect.defect_found = true;
  EXPECT_EQ(decide_verdict(defect, kSignal), (RunVerdict{Verdict::kDefect, 123}));
}

TEST(DecideVerdict, an_interruption_wins_over_the_timeout_it_may_have_raced_with) {
  RunFacts facts;
  facts.interrupted = facts.timed_out = true;
  EXPECT_EQ(decide_verdict(facts, kSignal).verdict, Verdict::kInterrupted);
}

TEST(DecideVerdict, a_target_that_never_ran_is_not_found_or_cannot_start) {
  RunFacts facts = ended_with(0xC0000135);
  facts.start_failure = StartFailure::kCannotStart;
  EXPECT_EQ(decide_verdict(facts, kSignal), (RunVerdict{Verdict::kStartFailed, 126}));
  facts.start_failure = StartFailure::kNotFound;
  EXPECT_EQ(decide_verdict(facts, kSignal), (RunVerdict{Verdict::kStartFailed, 127}));
}

TEST(DecideVerdict, crash_exit_code_status_gives_the_status_itself) {
  const Crash crash = crash_with(0xC0000005);
  RunFacts facts;
  facts.first_crash = &crash;
  EXPECT_EQ(decide_verdict(facts, kStatus).exit_code, 0xC0000005U);
}

TEST(DecideVerdict, crash_exit_code_status_never_makes_a_crash_look_like_success) {
  Crash crash;
  crash.kind = CrashKind::kAbort;
  RunFacts facts;
  facts.first_crash = &crash;
  EXPECT_EQ(decide_verdict(facts, kStatus).exit_code, 134U);
}

TEST(DecideVerdict, a_fixed_crash_exit_code_maps_every_crash_and_nothing_else) {
  const CrashExitCode fixed{CrashExitCode::Mode::kFixed, 77};
  for (const std::uint32_t code : {0xC0000005U, 0xC0000409U, 0xE1234567U}) {
    const Crash crash = crash_with(code);
    RunFacts facts;
    facts.first_crash = &crash;
    EXPECT_EQ(decide_verdict(facts, fixed).exit_code, 77U);
  }
  EXPECT_EQ(decide_verdict(ended_with(5), fixed).exit_code, 5U);
  RunFacts timeout;
  timeout.timed_out = true;
  EXPECT_EQ(decide_verdict(timeout, fixed).exit_code, 124U);
}

TEST(SignalExitCode, aborts_and_fail_fasts_are_134_whatever_their_status) {
  Crash crash;
  crash.status = 3;
  crash.kind = CrashKind::kAbort;
  EXPECT_EQ(signal_exit_code(crash), ExitCode::kCrashAbort);
  crash.kind = CrashKind::kFailFast;
  EXPECT_EQ(signal_exit_code(crash), ExitCode::kCrashAbort);
}

TEST(SignalExitCode, an_exit_status_counts_like_the_exception_of_that_code) {
  EXPECT_EQ(signal_exit_code(crash_by_exit(0xC0000005)), ExitCode::kCrashMemoryAccess);
  EXPECT_EQ(signal_exit_code(crash_by_exit(0xC0000409)), ExitCode::kCrashAbort);
  EXPECT_EQ(signal_exit_code(crash_by_exit(0xC0000135)), ExitCode::kCrashOther);
}

TEST(SignalExitCode, a_program_that_ends_with_a_signal_s_number_keeps_it) {
  EXPECT_EQ(signal_exit_code(crash_by_exit(134)), ExitCode::kCrashAbort);
  EXPECT_EQ(signal_exit_code(crash_by_exit(139)), ExitCode::kCrashMemoryAccess);
  EXPECT_EQ(signal_exit_code(crash_by_exit(7)), ExitCode::kCrashOther);
  EXPECT_EQ(signal_exit_code(crash_by_exit(124)), ExitCode::kCrashOther);
}

TEST(SignalExitCode, unknown_exceptions_are_128) {
  EXPECT_EQ(signal_exit_code(crash_with(0xE1234567)), ExitCode::kCrashOther);
}

}  // namespace
}  // namespace catcher
