// catcher under catcher: the outer one sees the inner one's own mistakes, such as a handle closed twice.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using harness::CatcherRun;

constexpr std::uint32_t kInvalidHandle = 0xC0000008;

CatcherRun run_nested(const std::wstring& target, std::wstring_view inner_options = {}) {
  return harness::run_catcher({},
                              harness::program(L"catcher.exe") + L" " + std::wstring(inner_options) + L" -- " + target);
}

void expect_clean_inner(const CatcherRun& run, std::uint32_t exit_code) {
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, exit_code);
  EXPECT_EQ(run.handled(kInvalidHandle), 0U) << "the inner catcher closed a handle that was not its own";
}

TEST(Nested, a_crash_in_a_grandchild_leaves_the_inner_catcher_clean) {
  expect_clean_inner(run_nested(harness::program(L"crash_test.exe") + L" spawn spawn crash"), 139);
}

TEST(Nested, threads_dlls_and_children_leave_the_inner_catcher_clean) {
  expect_clean_inner(run_nested(harness::program(L"event_storm.exe") + L" threads 50 dlls 20 children 4 exceptions 50"),
                     0);
}

TEST(Nested, a_timeout_leaves_the_inner_catcher_clean) {
  expect_clean_inner(run_nested(harness::program(L"tree_runner.exe") + L" forks 2", L"--timeout 3s"), 124);
}

TEST(Nested, an_abort_leaves_the_inner_catcher_clean) {
  expect_clean_inner(run_nested(harness::program(L"crash_test.exe") + L" abort"), 134);
}

TEST(Nested, what_another_debugger_debugs_is_listed_and_dies_with_the_tree) {
  const CatcherRun run =
      harness::run_catcher(L"--timeout 3", harness::program(L"adversary.exe") + L" DEBUG_A_COPY HANG");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  ASSERT_EQ(run.process_count(), 2U);
  const nlohmann::json child = run.process(1);
  EXPECT_EQ(child["parent_pid"], run.process(0)["pid"]);
  EXPECT_EQ(child["followed"], false);
  EXPECT_EQ(child["ended"], "killed");
  EXPECT_TRUE(child["image"].get<std::string>().ends_with("adversary.exe")) << child["image"];
  EXPECT_TRUE(child.contains("exit_status"));
  EXPECT_NE(run.program.err.find(", not debugged by catcher"), std::string::npos);
  EXPECT_FALSE(run.process(0).contains("followed"));
}

TEST(Nested, a_handle_closed_twice_would_be_seen) {
  const CatcherRun run = harness::catch_crash_test(L"INVALID_HANDLE");
  EXPECT_EQ(run.handled(kInvalidHandle), 1U) << run.describe();
}

}  // namespace
