// --handles: who closed my handle? handle_gamble is the bug that this exists for; handle_mix does everything right.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace {

using harness::CatcherRun;
using nlohmann::json;
using testing::HasSubstr;

CatcherRun gamble(std::wstring_view words = {}, std::wstring_view options = L"--handles",
                  std::wstring_view program = L"handle_gamble.exe") {
  return harness::run_catcher(options, harness::program(program) + L" " + std::wstring(words));
}

const json& findings(const CatcherRun& run) {
  return run.report.at("handles").at("findings");
}

// The first finding of a kind; an empty object when there is none.
json finding(const CatcherRun& run, std::string_view kind) {
  const json& all = findings(run);
  const auto found = std::find_if(all.begin(), all.end(), [kind](const json& one) { return one["kind"] == kind; });
  return found == all.end() ? json::object() : *found;
}

// The event of a history whose stack leads through this function; an empty object when there is none.
json event_in(const json& finding, std::string_view what, std::string_view function) {
  for (const json& event : finding.value("history", json::array())) {
    if (event["what"] == what && !harness::find_frame(event, function).empty()) {
      return event;
    }
  }
  return json::object();
}

// The line is in the program's own source.
testing::AssertionResult has_line(const json& owner, std::string_view function, std::string_view file) {
  const json frame = harness::find_frame(owner, function);
  if (frame.value("line", 0) > 0 && frame.value("file", "").find(file) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << function << " has no line in " << file << ": " << frame.dump();
}

// The second close: of a semaphore, created by the task, by the engine, which had a file with this value.
void expect_the_stale_close(const json& stale) {
  ASSERT_FALSE(stale.empty());
  EXPECT_EQ(stale["defect"], true);
  EXPECT_EQ(stale["event"]["type"], "Semaphore");
  EXPECT_EQ(stale["event"]["name"], "_TaskThread6_00001234");
  EXPECT_TRUE(has_line(stale["event"], "engine_force_close", "handle_engine.cpp"));
  EXPECT_TRUE(has_line(stale["event"], "stop_debug", "handle_gamble.cpp"));
  const json created = event_in(stale, "opened", "create");
  EXPECT_EQ(created.value("type", ""), "Semaphore");
  EXPECT_TRUE(has_line(created, "create", "handle_gamble.cpp"));
  const json first = event_in(stale, "closed", "engine_on_load_dll");
  EXPECT_EQ(first.value("type", ""), "File");
  EXPECT_TRUE(has_line(first, "engine_on_load_dll", "handle_engine.cpp"));
  EXPECT_TRUE(has_line(first, "debug_loop", "handle_gamble.cpp"));
}

// The release that fails, with everything that led to it.
void expect_the_failing_release(const json& use) {
  ASSERT_FALSE(use.empty());
  EXPECT_EQ(use["defect"], true);
  EXPECT_EQ(use["event"]["function"], "NtReleaseSemaphore");
  EXPECT_TRUE(has_line(use["event"], "wake_up", "handle_gamble.cpp"));
  EXPECT_TRUE(has_line(event_in(use, "opened", "create"), "create", "handle_gamble.cpp"));
  EXPECT_TRUE(has_line(event_in(use, "closed", "engine_on_load_dll"), "engine_on_load_dll", "handle_engine.cpp"));
  EXPECT_TRUE(has_line(event_in(use, "closed", "engine_force_close"), "engine_force_close", "handle_engine.cpp"));
}

TEST(Handles, the_gamble_is_found_at_the_faulty_close) {
  const CatcherRun run = gamble();
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "defect");
  EXPECT_EQ(run.program.exit_code, 123U);
  EXPECT_EQ(run.program.out, "first release 1, second release 0\r\n");
  expect_the_stale_close(finding(run, "stale_close"));
  expect_the_failing_release(finding(run, "use_after_close"));
  EXPECT_THAT(run.program.err, HasSubstr("Semaphore \"_TaskThread6_00001234\""));
}

TEST(Handles, the_gamble_is_found_in_a_single_module_by_its_failing_release) {
  const CatcherRun run = gamble({}, L"--handles", L"handle_gamble_one.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  expect_the_failing_release(finding(run, "use_after_close"));
}

TEST(Handles, the_gamble_is_found_among_threads_that_race) {
  const CatcherRun run = gamble(L"race");
  SCOPED_TRACE(run.describe());
  // Who gets the value is left to chance: either the engine closes somebody else's handle, or one that is not there.
  // Its victims then close each other's, and one in some twenty such programs dies of it (docs/limits.md).
  EXPECT_THAT(run.program.exit_code, testing::AnyOf(123U, 139U));
  EXPECT_FALSE(findings(run).empty());
  EXPECT_TRUE(std::any_of(findings(run).begin(), findings(run).end(), [](const json& one) {
    return !harness::find_frame(one["event"], "engine_force_close").empty() ||
           !event_in(one, "closed", "engine_force_close").empty();
  }));
}

TEST(Handles, the_gamble_is_found_in_a_child_process) {
  const CatcherRun run = gamble(L"child");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  EXPECT_EQ(run.process_count(), 2U);
  const json stale = finding(run, "stale_close");
  expect_the_stale_close(stale);
  EXPECT_EQ(stale["pid"], run.process(1)["pid"]);
}

TEST(Handles, the_gamble_is_found_in_a_32_bit_program) {
  if (!std::filesystem::exists(harness::bin_directory() / "handle_gamble32.exe")) {
    GTEST_SKIP() << "handle_gamble32.exe was not built: no 32-bit compiler";
  }
  const CatcherRun run = gamble({}, L"--handles", L"handle_gamble32.exe");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  expect_the_failing_release(finding(run, "use_after_close"));
}

TEST(Handles, without_the_second_close_there_is_nothing_to_find) {
  const CatcherRun run = gamble(L"clean");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_TRUE(findings(run).empty());
  EXPECT_GT(run.report["handles"]["processes"][0]["opened"], 0);
}

TEST(Handles, a_double_close_is_found_with_both_closes) {
  for (const std::wstring_view options : {L"--handles", L"--handles=uses", L"--handles=close"}) {
    const CatcherRun run = gamble(L"twice", options);
    SCOPED_TRACE(run.describe());
    EXPECT_EQ(run.program.exit_code, 123U);
    const json twice = finding(run, "double_close");
    ASSERT_FALSE(twice.empty());
    EXPECT_TRUE(harness::stack_leads_through(twice["event"], {"TaskThread::close", "close_twice"}));
    EXPECT_TRUE(has_line(event_in(twice, "closed", "close_twice"), "close_twice", "handle_gamble.cpp"));
  }
}

TEST(Handles, a_guarded_handle_that_is_closed_is_a_defect) {
  const CatcherRun run = gamble(L"guard", L"--handles --guard-handle Semaphore:_TaskThread*");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  const json guarded = finding(run, "guarded_close");
  ASSERT_FALSE(guarded.empty());
  EXPECT_TRUE(has_line(guarded["event"], "close_guarded", "handle_gamble.cpp"));
  EXPECT_EQ(gamble(L"guard").program.exit_code, 0U);
  EXPECT_EQ(gamble(L"guard", L"--handles=close --guard-handle _TaskThread*").program.exit_code, 123U);
  EXPECT_EQ(gamble(L"guard", L"--handles --guard-handle Event:_TaskThread*").program.exit_code, 0U);
}

TEST(Handles, leaks_are_told_and_are_a_defect_only_when_asked) {
  const CatcherRun told = gamble(L"leak 20");
  EXPECT_EQ(told.verdict(), "normal") << told.describe();
  const json leak = told.report["handles"]["leaks"][0];
  EXPECT_EQ(leak["count"], 20);
  EXPECT_EQ(leak["opened"]["type"], "Semaphore");
  EXPECT_TRUE(has_line(leak["opened"], "leak", "handle_gamble.cpp"));
  EXPECT_EQ(gamble(L"leak 20", L"--handles --handle-leaks 20").program.exit_code, 0U);
  const CatcherRun asked = gamble(L"leak 20", L"--handles --handle-leaks 19");
  EXPECT_EQ(asked.program.exit_code, 123U) << asked.describe();
}

TEST(Handles, a_program_that_uses_handles_rightly_gives_no_finding) {
  for (const std::wstring_view options : {L"--handles=uses --probe-rate 0", L"--handles=close --probe-rate 0"}) {
    const CatcherRun run = harness::run_catcher(options, harness::program(L"handle_mix.exe"));
    SCOPED_TRACE(run.describe());
    EXPECT_EQ(run.program.out, "mixed 0\r\n");
    EXPECT_EQ(run.verdict(), "normal");
    EXPECT_EQ(findings(run), json::array());
  }
}

TEST(Handles, the_systems_own_shell_gives_no_finding) {
  const CatcherRun run = harness::run_catcher(L"--handles=uses", L"cmd /c ver");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(findings(run), json::array());
}

TEST(Handles, too_many_calls_take_the_probe_away_and_the_report_says_so) {
  const CatcherRun run = gamble(L"leak 200", L"--handles --probe-rate 50");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 0U);
  ASSERT_FALSE(run.report["warnings"].empty());
  EXPECT_THAT(run.report["warnings"][0].get<std::string>(), HasSubstr("--probe-rate"));
}

TEST(Handles, a_crash_under_the_probe_is_still_a_crash) {
  const CatcherRun run = harness::catch_crash_test(L"crash", L"--handles=uses");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_TRUE(findings(run).empty());
}

TEST(Handles, a_timeout_under_the_probe_is_still_a_timeout) {
  const CatcherRun run = harness::catch_crash_test(L"hang", L"--handles --timeout 2");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "timeout");
  EXPECT_TRUE(run.report["handles"]["processes"][0].contains("open_at_end"));
}

TEST(Handles, options_that_cannot_be_are_refused) {
  EXPECT_EQ(harness::run_catcher_words(L"--handles=open -- cmd /c ver").exit_code, 125U);
  EXPECT_EQ(harness::run_catcher_words(L"--guard-handle x -- cmd /c ver").exit_code, 125U);
  EXPECT_EQ(harness::run_catcher_words(L"--handles=close --handle-leaks 3 -- cmd /c ver").exit_code, 125U);
}

}  // namespace
