#include "triage/fault_description.h"
#include "triage/summary.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

Crash access_violation() {
  Crash crash;
  crash.pid = 268;
  crash.image = "crash_test.exe";
  ExceptionInfo exception;
  exception.code = 0xC0000005;
  exception.address = Address{0x140001530};
  exception.module = "crash_test.exe";
  exception.offset = 0x1530;
  exception.parameters = {1, 0};
  crash.exception = with_description(exception);
  return crash;
}

RunReport report_of(Verdict verdict, std::uint32_t exit_status) {
  RunReport report;
  report.verdict = verdict;
  report.duration = std::chrono::milliseconds(5012);
  ProcessRecord root;
  root.image = R"(C:\app\app.exe)";
  root.exit_status = exit_status;
  report.processes.push_back(root);
  return report;
}

TEST(SummarizeCrash, says_who_what_and_where) {
  EXPECT_EQ(summarize_crash(access_violation()),
            "crash_test.exe (pid 268) crashed: EXCEPTION_ACCESS_VIOLATION, write to 0x0 at crash_test.exe+0x1530");
}

TEST(SummarizeCrash, adds_the_function_and_line_where_there_are_names) {
  Crash crash = access_violation();
  Frame frame;
  frame.function = "write_null()";
  frame.file = "crash_test.cpp";
  frame.line = 41;
  crash.stack.frames.push_back(frame);
  EXPECT_EQ(summarize_crash(crash),
            "crash_test.exe (pid 268) crashed: EXCEPTION_ACCESS_VIOLATION, write to 0x0 at crash_test.exe+0x1530 in "
            "write_null() (crash_test.cpp:41)");
}

TEST(SummarizeCrash, prefers_the_first_frame_of_the_bucket_to_the_runtime_s) {
  Crash crash = access_violation();
  Frame runtime;
  runtime.function = "RaiseException";
  Frame own;
  own.function = "main";
  own.in_bucket = true;
  crash.stack.frames = {runtime, own};
  EXPECT_TRUE(summarize_crash(crash).ends_with(" in main"));
}

TEST(SummarizeCrash, says_that_it_was_only_the_first_chance) {
  Crash crash = access_violation();
  crash.chance = Chance::kFirst;
  EXPECT_TRUE(summarize_crash(crash).ends_with("crash_test.exe+0x1530 (first chance)"));
}

TEST(SummarizeCrash, tells_the_c_plus_plus_exception_rather_than_its_code) {
  Crash crash = access_violation();
  crash.cxx = CxxException{"std::runtime_error", "boom"};
  EXPECT_EQ(
      summarize_crash(crash),
      "crash_test.exe (pid 268) crashed: uncaught C++ exception std::runtime_error: boom at crash_test.exe+0x1530");
}

TEST(SummarizeCrash, tells_abort_and_its_assertion) {
  Crash crash;
  crash.pid = 7;
  crash.image = "a.exe";
  crash.kind = CrashKind::kAbort;
  EXPECT_EQ(summarize_crash(crash), "a.exe (pid 7) crashed: abort() was called");
  crash.cxx = CxxException{"int", ""};
  EXPECT_EQ(summarize_crash(crash), "a.exe (pid 7) crashed: uncaught C++ exception int");
  crash.assertion = "x > 0, file a.c, line 3";
  EXPECT_EQ(summarize_crash(crash), "a.exe (pid 7) crashed: assertion failed: x > 0, file a.c, line 3");
}

TEST(SummarizeCrash, tells_the_exit_status_and_what_was_missing) {
  Crash crash;
  crash.pid = 7;
  crash.image = "a.exe";
  crash.kind = CrashKind::kExitStatus;
  crash.exit_status = 0xC0000135;
  crash.missing = "foo.dll";
  EXPECT_EQ(
      summarize_crash(crash),
      "a.exe (pid 7) ended with exit status 0xC0000135 (STATUS_DLL_NOT_FOUND: a DLL was not found), missing: foo.dll");
}

TEST(DescribeExitStatus, writes_each_number_as_people_know_it) {
  EXPECT_EQ(describe_exit_status(0), "exit code 0");
  EXPECT_EQ(describe_exit_status(3), "exit code 3");
  EXPECT_EQ(describe_exit_status(0xFFFFFFFF), "exit code -1 (0xFFFFFFFF)");
  EXPECT_EQ(describe_exit_status(0xC0000005), "exit status 0xC0000005 (STATUS_ACCESS_VIOLATION: access violation)");
  EXPECT_EQ(describe_exit_status(0xC0FFEE00), "exit status 0xC0FFEE00");
}

TEST(SummarizeRun, a_normal_end_tells_the_exit_code) {
  EXPECT_EQ(summarize_run(report_of(Verdict::kNormal, 3)), "app.exe ended with exit code 3 after 5.0 s");
}

TEST(SummarizeRun, crashes_are_told_by_the_first_and_the_number_of_the_rest) {
  RunReport report = report_of(Verdict::kCrashed, 0);
  report.crashes.push_back(access_violation());
  const std::string first = summarize_crash(report.crashes.front());
  EXPECT_EQ(summarize_run(report), first);
  report.crashes.push_back(access_violation());
  EXPECT_EQ(summarize_run(report), first + " (and 1 more crash)");
  report.crashes.push_back(access_violation());
  EXPECT_EQ(summarize_run(report), first + " (and 2 more crashes)");
}

TEST(SummarizeRun, a_timeout_tells_how_many_were_killed_and_the_cause) {
  RunReport report = report_of(Verdict::kTimeout, 0);
  report.processes.front().ended = HowEnded::kKilled;
  EXPECT_EQ(summarize_run(report), "timeout after 5.0 s: 1 process was killed");
  report.processes.push_back(report.processes.front());
  report.hang = Hang{};
  report.hang->cause = "deadlock";
  EXPECT_EQ(summarize_run(report), "timeout after 5.0 s: 2 processes were killed (deadlock)");
}

TEST(SummarizeRun, a_timeout_without_a_process_says_that_none_was_there) {
  RunReport report = report_of(Verdict::kTimeout, 0);
  report.processes.clear();
  EXPECT_EQ(summarize_run(report), "timeout after 5.0 s: no process was there yet");
}

TEST(SummarizeRun, a_failed_start_gives_the_reason) {
  RunReport report;
  report.verdict = Verdict::kStartFailed;
  EXPECT_EQ(summarize_run(report, "app.exe was not found"), "app.exe was not found");
}

TEST(SummarizeRun, every_verdict_has_a_line_without_a_line_end) {
  for (const Verdict verdict : {Verdict::kNormal, Verdict::kCrashed, Verdict::kTimeout, Verdict::kLimit,
                                Verdict::kInterrupted, Verdict::kStartFailed, Verdict::kDefect}) {
    RunReport report;
    report.verdict = verdict;
    const std::string line = summarize_run(report);
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace catcher
