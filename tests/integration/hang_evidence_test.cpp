// What a report shows of a tree that did not end in time: every thread, and why.

#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::find_frame;
using harness::find_thread;
using harness::stack_leads_through;
using nlohmann::json;
using testing::HasSubstr;

CatcherRun hang(std::wstring_view words, std::wstring_view options = L"--timeout 1s") {
  return catch_crash_test(words, options);
}

json hang_of(const CatcherRun& run) {
  return run.report.value("hang", json::object());
}

json threads_of(const CatcherRun& run) {
  return hang_of(run).value("threads", json::array());
}

std::string cause_of(const CatcherRun& run) {
  return hang_of(run).value("cause", "");
}

// The thread whose stack has this function.
json thread_in(const CatcherRun& run, std::string_view function) {
  for (const json& thread : threads_of(run)) {
    if (!find_frame(thread, function).empty()) {
      return thread;
    }
  }
  return json::object();
}

std::string named(const json& thread) {
  return "thread " + std::to_string(thread.value("tid", 0U));
}

TEST(Hang, of_a_program_that_waits_is_idle_and_shows_where) {
  const CatcherRun run = hang(L"HANG");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(cause_of(run), "idle");
  ASSERT_EQ(threads_of(run).size(), 1U);
  EXPECT_TRUE(stack_leads_through(threads_of(run).at(0), {"WaitForSingleObject", "hang", "main"}));
  EXPECT_THAT(run.program.err, HasSubstr("(idle)"));
}

TEST(Hang, of_a_program_that_computes_is_busy_and_names_the_right_thread) {
  const CatcherRun run = hang(L"THREAD BUSY");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(cause_of(run), "busy");
  const json busy = thread_in(run, "::busy");
  ASSERT_FALSE(busy.empty());
  EXPECT_THAT(hang_of(run).value("detail", ""), HasSubstr(named(busy)));
  EXPECT_THAT(busy.value("state", ""), HasSubstr("runs"));
}

TEST(Hang, of_two_threads_with_two_locks_is_a_deadlock_that_names_both) {
  const CatcherRun run = hang(L"DEADLOCK");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(cause_of(run), "deadlock");
  const json first = thread_in(run, "::deadlock");
  const json second = thread_in(run, "take_second_then_first");
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(second.empty());
  EXPECT_THAT(first.value("state", ""), HasSubstr("owned by " + named(second)));
  EXPECT_THAT(second.value("state", ""), HasSubstr("owned by " + named(first)));
  EXPECT_THAT(hang_of(run).value("detail", ""), HasSubstr(named(first) + " of crash_test.exe waits for"));
  EXPECT_THAT(hang_of(run).value("detail", ""), HasSubstr(named(second) + " of crash_test.exe waits for"));
}

TEST(Hang, at_a_critical_section_names_its_owner_and_what_that_does) {
  const CatcherRun run = hang(L"HELD_LOCK");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(cause_of(run), "lock");
  const json owner = thread_in(run, "take_and_keep");
  ASSERT_FALSE(owner.empty());
  EXPECT_THAT(thread_in(run, "held_lock").value("state", ""), HasSubstr("owned by " + named(owner)));
  EXPECT_THAT(owner.value("state", ""), HasSubstr("sleeps"));
}

TEST(Hang, shows_the_threads_of_every_process) {
  const CatcherRun run = hang(L"SPAWN HANG", L"--timeout 3");
  SCOPED_TRACE(run.describe());
  std::set<unsigned> pids;
  for (const json& thread : threads_of(run)) {
    pids.insert(thread.value("pid", 0U));
  }
  EXPECT_EQ(pids.size(), 2U);
  EXPECT_FALSE(thread_in(run, "::spawn").empty());
  EXPECT_FALSE(thread_in(run, "::hang").empty());
}

TEST(Hang, has_thread_names) {
  const CatcherRun run = hang(L"NAME_THREAD \"the boss\" HANG");
  EXPECT_EQ(find_thread(threads_of(run), "the boss").value("name", ""), "the boss") << run.describe();
}

TEST(Hang, of_many_threads_in_one_place_is_a_small_report) {
  const CatcherRun run = hang(L"WAITING_THREADS 100 HANG", L"--timeout 4s");
  EXPECT_EQ(threads_of(run).size(), 101U);
  EXPECT_THAT(run.program.err, HasSubstr("100 threads ("));
  EXPECT_LT(run.report.dump(1).size(), 100'000U);
}

TEST(Hang, in_the_same_place_has_the_same_bucket) {
  const std::string first = hang_of(hang(L"DEADLOCK")).value("bucket", "");
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, hang_of(hang(L"DEADLOCK")).value("bucket", ""));
  EXPECT_NE(first, hang_of(hang(L"HANG")).value("bucket", ""));
}

TEST(Hang, that_may_not_be_looked_at_is_a_timeout_all_the_same) {
  const CatcherRun run = hang(L"WAITING_THREADS 50 HANG", L"--timeout 1s --dump-timeout 1ms");
  EXPECT_EQ(run.program.exit_code, 124U) << run.describe();
}

}  // namespace
