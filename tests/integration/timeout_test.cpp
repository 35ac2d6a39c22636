// The deadline: every kind of tree that does not end by itself is killed, whole.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::run_catcher;

// run_catcher() itself fails the test when a process of the tree outlives catcher.
void expect_timeout(const CatcherRun& run, int timeout_ms) {
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  EXPECT_EQ(run.program.exit_code, 124U);
  ASSERT_TRUE(run.report.is_object());
  EXPECT_GE(run.report["duration_ms"].get<int>(), timeout_ms);
  EXPECT_FALSE(run.report.contains("crashes"));
  EXPECT_TRUE(run.says_summary());
}

std::wstring tree(std::wstring_view words) {
  return harness::program(L"tree_runner.exe") + L" " + std::wstring(words);
}

std::size_t count_ended(const CatcherRun& run, std::string_view how) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < run.process_count(); ++i) {
    count += run.process(i)["ended"] == how ? 1U : 0U;
  }
  return count;
}

TEST(Timeout, an_idle_program_is_killed) {
  const CatcherRun run = catch_crash_test(L"HANG", L"--timeout 500ms");
  expect_timeout(run, 500);
  EXPECT_EQ(count_ended(run, "killed"), 1U);
}

TEST(Timeout, a_busy_program_is_killed) {
  expect_timeout(catch_crash_test(L"BUSY", L"--timeout 500ms"), 500);
}

TEST(Timeout, a_deadlocked_program_is_killed) {
  expect_timeout(catch_crash_test(L"DEADLOCK", L"--timeout 500ms"), 500);
}

TEST(Timeout, a_hanging_grandchild_is_killed_with_its_parents) {
  const CatcherRun run = catch_crash_test(L"spawn spawn hang", L"--timeout 3s");
  expect_timeout(run, 3000);
  EXPECT_EQ(count_ended(run, "killed"), 3U);
}

TEST(Timeout, a_program_that_faults_for_ever_is_killed) {
  expect_timeout(catch_crash_test(L"VEH_SWALLOW_LOOP", L"--timeout 500ms"), 500);
}

TEST(Timeout, a_program_that_prints_debug_text_for_ever_is_killed) {
  expect_timeout(run_catcher(L"--timeout 500ms", harness::program(L"event_storm.exe") + L" strings 100000000"), 500);
}

TEST(Timeout, a_forked_tree_is_killed) {
  const CatcherRun run = run_catcher(L"--timeout 4s", tree(L"forks 3"));
  expect_timeout(run, 4000);
  EXPECT_EQ(count_ended(run, "killed"), run.process_count());
  EXPECT_GT(run.process_count(), 3U);
}

TEST(Timeout, orphans_whose_parents_are_gone_are_waited_for_and_killed) {
  const CatcherRun run = run_catcher(L"--timeout 4s", tree(L"orphans 2"));
  expect_timeout(run, 4000);
  EXPECT_EQ(run.process(0)["ended"], "itself");
  EXPECT_EQ(count_ended(run, "killed"), 2U);
}

TEST(Timeout, a_chain_whose_links_are_gone_is_followed_to_its_last) {
  const CatcherRun run = run_catcher(L"--timeout 4s", tree(L"chain 5"));
  expect_timeout(run, 4000);
  EXPECT_EQ(run.process_count(), 5U);
  EXPECT_EQ(count_ended(run, "killed"), 1U);
}

TEST(Timeout, a_tree_that_starts_processes_while_it_is_killed_is_killed) {
  expect_timeout(run_catcher(L"--timeout 1s", tree(L"respawn")), 1000);
}

TEST(Timeout, a_fork_bomb_is_killed_in_the_middle_of_its_growth) {
  const CatcherRun run = run_catcher(L"--timeout 700ms", tree(L"bomb 300"));
  expect_timeout(run, 700);
  EXPECT_EQ(count_ended(run, "killed"), run.process_count());
}

TEST(Timeout, processes_end_in_the_reverse_order_of_their_creation) {
  const CatcherRun run = catch_crash_test(L"spawn spawn spawn hang", L"--timeout 3s");
  expect_timeout(run, 3000);
  for (std::size_t i = 1; i < run.process_count(); ++i) {
    EXPECT_LE(run.process(i)["end_ms"].get<int>(), run.process(i - 1)["end_ms"].get<int>());
  }
}

TEST(Timeout, a_child_that_killed_its_parent_is_killed) {
  const CatcherRun run = catch_crash_test(L"spawn kill_parent hang", L"--timeout 3s");
  expect_timeout(run, 3000);
  EXPECT_EQ(run.process_count(), 2U);
}

TEST(Timeout, a_program_that_ends_in_time_is_no_timeout) {
  const CatcherRun run = catch_crash_test(L"EXIT 3", L"--timeout 60");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
  EXPECT_EQ(run.program.exit_code, 3U);
}

TEST(Timeout, a_crash_before_the_deadline_is_a_crash) {
  EXPECT_EQ(catch_crash_test(L"CRASH", L"--timeout 60").verdict(), "crashed");
}

TEST(Tree, a_child_that_outlives_its_parent_is_waited_for) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave sleep 200 exit 6");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(run.process(1)["exit_status"], "0x00000006");
}

TEST(Tree, a_crash_of_a_child_that_outlives_its_parent_is_a_crash_of_the_run) {
  const CatcherRun run = catch_crash_test(L"spawn_and_leave sleep 200 crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.process(0)["exit_status"], "0x00000000");
}

TEST(Tree, a_parent_killed_by_its_child_did_not_crash) {
  const CatcherRun run = catch_crash_test(L"spawn kill_parent exit 5");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.process_count(), 2U);
}

}  // namespace
