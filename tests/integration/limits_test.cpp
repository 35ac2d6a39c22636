// What a tree may use: each limit ends it, says which it was, who hit it and what that process was doing.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::run_catcher;

constexpr std::uint64_t kMegabyte = 1u << 20;

void expect_limit(const CatcherRun& run, std::string_view kind, std::uint64_t limit) {
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "limit");
  EXPECT_EQ(run.program.exit_code, 137U);
  ASSERT_TRUE(run.report.contains("limit"));
  EXPECT_EQ(run.report["limit"]["kind"], kind);
  EXPECT_EQ(run.report["limit"]["limit"], limit);
  EXPECT_GT(run.report["limit"]["measured"].get<std::uint64_t>(), limit);
  EXPECT_FALSE(run.report.contains("crashes"));
  EXPECT_TRUE(run.says_summary());
}

// True when a thread of the process that hit the limit has a function of this name on its stack.
bool limit_stack_names(const CatcherRun& run, std::string_view function) {
  const auto& hit = run.report["limit"];
  for (const auto& thread : hit.value("threads", nlohmann::json::array())) {
    for (const auto& frame : thread.value("stack", nlohmann::json::array())) {
      if (thread["pid"] == hit["pid"] && frame.value("function", "").find(function) != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

// A program that stands in the initialisation of a DLL for ever.
CatcherRun catch_stalled_start(std::wstring_view options) {
  harness::RunSettings settings;
  settings.environment = {{L"FAULTING_DLL", L"hang"}};
  return run_catcher(options, harness::program(L"faulting_import.exe"), settings);
}

TEST(Limits, too_much_memory_of_one_process_is_found_and_its_stack_shown) {
  const CatcherRun run = catch_crash_test(L"spawn commit 200 hang", L"--max-memory 100M --timeout 60");
  expect_limit(run, "memory", 100 * kMegabyte);
  EXPECT_EQ(run.report["limit"]["pid"], run.process(1)["pid"]);
  EXPECT_TRUE(limit_stack_names(run, "hang") || limit_stack_names(run, "commit")) << run.describe();
}

TEST(Limits, memory_counts_for_the_whole_tree) {
  expect_limit(catch_crash_test(L"commit 70 spawn commit 70 hang", L"--max-memory 120M --timeout 60"), "memory",
               120 * kMegabyte);
}

TEST(Limits, memory_under_the_limit_is_left_alone) {
  const CatcherRun run = catch_crash_test(L"commit 30 sleep 200 exit 7", L"--max-memory 500M");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
  EXPECT_EQ(run.program.exit_code, 7U);
  EXPECT_FALSE(run.report.contains("limit"));
}

TEST(Limits, one_process_too_many_ends_the_tree_and_names_its_parent) {
  const CatcherRun run = catch_crash_test(L"spawn spawn spawn hang", L"--max-processes 2 --timeout 60");
  expect_limit(run, "processes", 2);
  EXPECT_EQ(run.report["limit"]["measured"], 3U);
  EXPECT_EQ(run.report["limit"]["pid"], run.process(1)["pid"]);
  EXPECT_TRUE(limit_stack_names(run, "spawn")) << run.describe();
}

TEST(Limits, only_processes_that_live_at_the_same_time_count) {
  const std::wstring one = L" run " + harness::program(L"argument_echo.exe");
  const CatcherRun run = catch_crash_test(one + one + one, L"--max-processes 2");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
  EXPECT_GT(run.process_count(), 2U);
}

TEST(Limits, a_flood_of_output_ends_the_tree) {
  expect_limit(catch_crash_test(L"print_many 100000 hang", L"--max-output 64K --timeout 60"), "output", 64 * 1024);
}

TEST(Limits, a_process_that_does_not_come_through_its_start_is_found) {
  const CatcherRun run = catch_stalled_start(L"--start-timeout 1s --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "limit");
  EXPECT_EQ(run.program.exit_code, 137U);
  EXPECT_EQ(run.report["limit"]["kind"], "start");
  EXPECT_TRUE(limit_stack_names(run, "at_attach"));
}

TEST(Limits, a_process_that_has_started_may_take_its_time) {
  const CatcherRun run = catch_crash_test(L"spawn sleep 4000", L"--start-timeout 3s");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
}

TEST(Limits, a_stalled_loader_is_the_cause_of_a_timeout) {
  const CatcherRun run = catch_stalled_start(L"--timeout 1s");
  EXPECT_EQ(run.verdict(), "timeout") << run.describe();
  EXPECT_EQ(run.report["hang"]["cause"], "loader");
}

TEST(Idle, a_tree_without_work_times_out) {
  const CatcherRun run = catch_crash_test(L"spawn hang", L"--idle-timeout 1s --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  EXPECT_EQ(run.program.exit_code, 124U);
  EXPECT_EQ(run.report["limit"]["kind"], "idle");
  EXPECT_EQ(run.report["hang"]["cause"], "idle");
  EXPECT_TRUE(run.says_summary());
}

TEST(Idle, is_a_normal_end_where_it_was_expected) {
  const CatcherRun run = catch_crash_test(L"spawn hang", L"--idle-timeout 1s --idle-ok --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(run.report["limit"]["kind"], "idle");
  EXPECT_EQ(run.process(1)["ended"], "killed");
}

TEST(Idle, a_tree_that_works_is_not_idle) {
  const CatcherRun run = catch_crash_test(L"busy", L"--idle-timeout 500ms --timeout 2s");
  EXPECT_EQ(run.verdict(), "timeout") << run.describe();
  EXPECT_FALSE(run.report.contains("limit"));
}

TEST(Idle, a_crash_while_waiting_is_a_crash) {
  const CatcherRun run = catch_crash_test(L"sleep 300 crash", L"--idle-timeout 20s --idle-ok");
  EXPECT_EQ(run.verdict(), "crashed") << run.describe();
}

TEST(RootExit, what_it_leaves_behind_is_waited_for) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave sleep 300 exit 7");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
  EXPECT_EQ(run.process(1)["ended"], "itself");
}

TEST(RootExit, what_it_leaves_behind_is_killed_on_request) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave hang", L"--on-root-exit kill --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(run.process(0)["ended"], "itself");
  EXPECT_EQ(run.process(1)["ended"], "killed");
}

TEST(RootExit, the_rest_has_its_time_to_linger) {
  const CatcherRun run =
      catch_crash_test(L"spawn_and_leave sleep 300", L"--on-root-exit kill --linger 20s --timeout 60");
  EXPECT_EQ(run.process(1)["ended"], "itself") << run.describe();
}

TEST(RootExit, a_crash_while_lingering_counts) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave sleep 300 crash", L"--on-root-exit kill --linger 20s");
  EXPECT_EQ(run.verdict(), "crashed") << run.describe();
}

TEST(RootExit, what_is_detached_lives_on_unharmed) {
  harness::RunSettings settings;
  settings.time_to_die = std::chrono::seconds(30);
  const CatcherRun run =
      catch_crash_test(L"spawn_and_leave sleep 2000 print survived", L"--on-root-exit detach --timeout 60", settings);
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.process(1)["ended"], "detached");
  EXPECT_FALSE(run.process(1).contains("exit_status"));
  EXPECT_NE(run.program.out.find("survived"), std::string::npos);
}

TEST(Follow, a_child_that_is_not_followed_runs_without_us) {
  const CatcherRun run = catch_crash_test(L"spawn exit 7", L"--no-follow CRASH_*.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  ASSERT_EQ(run.process_count(), 2U);
  EXPECT_EQ(run.process(1)["followed"], false);
  EXPECT_EQ(run.process(1)["exit_status"], "0x00000007");
}

TEST(Follow, a_child_that_is_not_followed_is_not_waited_for_and_dies_with_the_tree) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave hang", L"--no-follow crash_test.exe --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(run.process(1)["followed"], false);
}

TEST(Follow, only_what_is_named_is_followed) {
  const CatcherRun run = catch_crash_test(L"spawn crash", L"--follow other*.exe --follow CRASH_TEST.exe");
  EXPECT_EQ(run.verdict(), "crashed") << run.describe();
}

}  // namespace
