// The four demonstrations that this program began from.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;

TEST(Demo, four_spawns_are_five_processes_and_a_normal_end) {
  const CatcherRun run = catch_crash_test(L"SPAWN SPAWN SPAWN SPAWN");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.process_count(), 5U);
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
}

TEST(Demo, a_stack_overflow_in_a_child_is_a_crash_with_its_code) {
  const CatcherRun run = catch_crash_test(L"SPAWN EXCEPTION_STACK_OVERFLOW");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash_code(), 0xC00000FDU);
  EXPECT_EQ(run.process_count(), 2U);
}

TEST(Demo, a_program_that_waits_for_ever_is_a_timeout_after_five_seconds) {
  const CatcherRun run = catch_crash_test(L"HANG", L"--timeout 5");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  EXPECT_EQ(run.program.exit_code, 124U);
  EXPECT_GE(run.report["duration_ms"].get<int>(), 5000);
  EXPECT_EQ(run.process(0)["ended"], "killed");
}

TEST(Demo, two_spawns_and_a_crash_are_two_children_and_a_crash_in_the_last) {
  const CatcherRun run = catch_crash_test(L"spawn spawn crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.process_count(), 3U);
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash()["pid"], run.process(2)["pid"]);
}

}  // namespace
