// Each option of a run, on a program for which it makes a difference.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::run_catcher_words;

constexpr std::uint32_t kAccessViolation = 0xC0000005;

TEST(FirstChance, a_handled_access_violation_is_a_crash) {
  const CatcherRun run = catch_crash_test(L"HANDLED EXIT 0", L"--first-chance");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_EQ(run.crash()["chance"], "first");
}

TEST(FirstChance, a_handled_exception_that_is_not_on_the_list_is_no_crash) {
  EXPECT_EQ(catch_crash_test(L"HANDLED_RAISE 0xE0000001 EXIT 3", L"--first-chance").program.exit_code, 3U);
}

TEST(FirstChance, a_caught_cxx_exception_is_no_crash) {
  EXPECT_EQ(catch_crash_test(L"HANDLED_THROW 2 EXIT 3", L"--first-chance").program.exit_code, 3U);
}

TEST(CrashOn, a_code_at_first_chance_makes_a_handled_exception_a_crash) {
  const CatcherRun run = catch_crash_test(L"HANDLED_RAISE 0xE0000001", L"--crash-on 0xE0000001,first");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 128U);
  EXPECT_EQ(run.crash_code(), 0xE0000001U);
}

TEST(CrashOn, a_code_without_first_leaves_a_handled_exception_alone) {
  EXPECT_EQ(catch_crash_test(L"HANDLED_RAISE 0xE0000001 EXIT 3", L"--crash-on 0xE0000001").program.exit_code, 3U);
}

TEST(CrashOn, a_name_stands_for_its_code) {
  EXPECT_EQ(catch_crash_test(L"HANDLED", L"--crash-on access_violation,first").program.exit_code, 139U);
}

TEST(Ignore, a_second_chance_of_an_ignored_code_is_no_crash) {
  const CatcherRun run = catch_crash_test(L"CRASH", L"--ignore 0xC0000005");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, kAccessViolation);
}

TEST(Ignore, it_holds_where_the_second_chance_never_comes) {
  const CatcherRun run = catch_crash_test(L"SMASHED_STACK", L"--ignore 0xC0000005 --ignore 0xC00000FD");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
}

TEST(Ignore, other_codes_are_still_crashes) {
  EXPECT_EQ(catch_crash_test(L"CRASH", L"--ignore EXCEPTION_BREAKPOINT").program.exit_code, 139U);
}

TEST(Ignore, it_wins_over_first_chance) {
  EXPECT_EQ(catch_crash_test(L"HANDLED EXIT 3", L"--first-chance --ignore ACCESS_VIOLATION").program.exit_code, 3U);
}

TEST(CrashExitCode, a_number_replaces_every_crash_code) {
  EXPECT_EQ(catch_crash_test(L"CRASH", L"--crash-exit-code 77").program.exit_code, 77U);
  EXPECT_EQ(catch_crash_test(L"ABORT", L"--crash-exit-code 77").program.exit_code, 77U);
}

TEST(CrashExitCode, status_gives_the_status_itself) {
  EXPECT_EQ(catch_crash_test(L"CRASH", L"--crash-exit-code status").program.exit_code, kAccessViolation);
  EXPECT_EQ(catch_crash_test(L"STACK_OVERFLOW", L"--crash-exit-code status").program.exit_code, 0xC00000FDU);
}

TEST(CrashExitCode, a_normal_end_is_not_touched) {
  EXPECT_EQ(catch_crash_test(L"EXIT 5", L"--crash-exit-code 77").program.exit_code, 5U);
}

TEST(CrashOnExit, a_listed_exit_code_is_a_crash) {
  const CatcherRun run = catch_crash_test(L"EXIT 99", L"--crash-on-exit 98,99");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash_kind(), "exit_status");
  EXPECT_EQ(run.program.exit_code, 128U);
}

TEST(CrashOnExit, it_holds_for_children_too) {
  EXPECT_EQ(catch_crash_test(L"spawn EXIT 134", L"--crash-on-exit 134").program.exit_code, 134U);
}

TEST(CrashOnExit, other_exit_codes_are_not_touched) {
  EXPECT_EQ(catch_crash_test(L"EXIT 97", L"--crash-on-exit 98,99").program.exit_code, 97U);
}

TEST(KeepGoing, the_rest_of_the_tree_runs_on_after_a_crash) {
  const CatcherRun run = catch_crash_test(L"spawn spawn crash", L"--keep-going");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_EQ(run.process(0)["ended"], "itself");
  EXPECT_EQ(run.process(1)["ended"], "itself");
  EXPECT_EQ(run.process(2)["ended"], "crash");
}

TEST(KeepGoing, without_it_the_rest_of_the_tree_is_killed) {
  EXPECT_EQ(catch_crash_test(L"spawn spawn crash").process(0)["ended"], "killed");
}

TEST(KeepGoing, a_hanging_rest_still_meets_the_deadline) {
  const CatcherRun run = harness::run_catcher(
      L"--keep-going --timeout 2", harness::program(L"crash_test.exe") + L" spawn_and_leave crash spawn hang");
  EXPECT_EQ(run.verdict(), "crashed") << run.describe();
}

TEST(Quiet, a_crash_is_not_mentioned) {
  const CatcherRun run = catch_crash_test(L"CRASH", L"-q");
  EXPECT_EQ(run.program.err, "");
  EXPECT_EQ(run.program.exit_code, 139U);
}

TEST(Verbose, each_kind_of_event_is_shown) {
  const CatcherRun run = catch_crash_test(L"spawn exit 3", L"-v");
  SCOPED_TRACE(run.describe());
  for (std::size_t i = 0; i < run.process_count(); ++i) {
    EXPECT_NE(run.program.err.find(std::to_string(run.process(i)["pid"].get<std::uint32_t>())), std::string::npos);
  }
  EXPECT_NE(run.program.err.find("kernel32"), std::string::npos);
}

TEST(Verbose, a_hostile_debug_text_cannot_control_the_terminal) {
  const CatcherRun run = catch_crash_test(L"debug_print \"\u001b[2Jcleared\u0007\"", L"-v");
  EXPECT_NE(run.program.err.find("cleared"), std::string::npos) << run.describe();
  EXPECT_EQ(run.program.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(run.program.err.find('\x07'), std::string::npos);
}

TEST(Version, it_is_one_line_on_stdout) {
  const harness::ProgramResult result = run_catcher_words(L"--version");
  EXPECT_EQ(result.exit_code, 0U);
  EXPECT_TRUE(result.out.starts_with("catcher 1.")) << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(Help, it_lists_every_option_on_stdout) {
  const harness::ProgramResult result = run_catcher_words(L"--help");
  EXPECT_EQ(result.exit_code, 0U);
  EXPECT_EQ(result.err, "");
  for (const char* const option :
       {"--timeout", "--report", "--first-chance", "--crash-on", "--ignore", "--crash-exit-code", "--crash-on-exit",
        "--keep-going", "--debug-heap", "--version", "--help", "-q", "-v"}) {
    EXPECT_NE(result.out.find(option), std::string::npos) << option;
  }
}

TEST(Help, options_behind_the_dashes_belong_to_the_target) {
  const CatcherRun run = catch_crash_test(L"--help");
  EXPECT_NE(run.program.out.find("crash_test.exe [behavior"), std::string::npos);
}

TEST(Report, it_names_the_target_and_the_version) {
  const CatcherRun run = catch_crash_test(L"EXIT 0");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.report["schema"], "catcher-report/1");
  EXPECT_TRUE(run.report["catcher"].get<std::string>().starts_with("1."));
  EXPECT_NE(run.report["command_line"].get<std::string>().find("crash_test.exe"), std::string::npos);
  EXPECT_EQ(run.process(0)["bits"], 64);
  EXPECT_NE(run.process(0)["command_line"].get<std::string>().find("EXIT 0"), std::string::npos);
}

}  // namespace
