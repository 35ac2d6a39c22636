// --handles where it is hard: programs that run already, are let go, are hooked, end in the middle of a hit, or use
// handles as wrongly as they can.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/run_program.h"
#include "harness/stacks.h"

#include "win32/unique_handle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace {

using catcher::UniqueHandle;
using harness::CatcherRun;
using harness::ProgramResult;
using nlohmann::json;
using testing::HasSubstr;

struct Attached {
  ProgramResult target;
  ProgramResult catcher;
  json report;

  std::string describe() const { return catcher.err + "\n" + target.out + "\n" + report.dump(1).substr(0, 4000); }
};

// catcher comes when the target has written its first line, and says when it is there; only then the target goes on.
// With `leaves` catcher has gone again before that.
Attached attach(const std::wstring& target, const std::wstring& options, bool leaves = false) {
  SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  const UniqueHandle ready(CreateEventW(&inheritable, TRUE, FALSE, nullptr));
  const std::filesystem::path file = harness::scratch_directory() / "report.json";
  Attached result;
  std::thread runs;
  harness::RunSettings settings;
  settings.stdout_mark = "\n";
  settings.on_mark = [&](void* process) {
    const std::wstring words = L"attach " + std::to_wstring(GetProcessId(process)) + L" " + options +
                               L" --ready-event " + std::to_wstring(reinterpret_cast<std::uintptr_t>(ready.get())) +
                               L" --report \"" + file.wstring() + L"\"";
    runs = std::thread([&result, words] { result.catcher = harness::run_catcher_words(words); });
    EXPECT_EQ(WaitForSingleObject(ready.get(), 60'000), WAIT_OBJECT_0) << "catcher never said that it is attached";
    if (leaves) {
      runs.join();
    }
  };
  result.target = harness::run_program(target, settings);
  if (runs.joinable()) {
    runs.join();
  }
  std::ifstream stream(file);
  result.report = json::parse(stream, nullptr, false);
  return result;
}

json finding(const json& report, std::string_view kind) {
  const json& all = report.at("handles").at("findings");
  const auto found = std::find_if(all.begin(), all.end(), [kind](const json& one) { return one["kind"] == kind; });
  return found == all.end() ? json::object() : *found;
}

std::string warnings(const json& report) {
  return report.value("warnings", json::array()).dump();
}

CatcherRun chaos(std::wstring_view words, std::wstring_view options, std::wstring_view program = L"handle_chaos.exe") {
  return harness::run_catcher(options, harness::program(program) + L" " + std::wstring(words));
}

TEST(HandlesHard, a_program_that_runs_already_is_watched_and_what_is_not_known_of_it_is_said) {
  const Attached run = attach(harness::program(L"handle_chaos.exe") + L" early", L"--handles");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.catcher.exit_code, 123U);
  EXPECT_EQ(run.target.exit_code, 0U);
  EXPECT_THAT(warnings(run.report), HasSubstr("handles open before catcher came"));
  const json twice = finding(run.report, "double_close");
  ASSERT_FALSE(twice.empty());
  ASSERT_EQ(twice["history"].size(), 2U);
  EXPECT_EQ(twice["history"][0]["what"], "found");
  EXPECT_EQ(twice["history"][1]["what"], "closed");
}

TEST(HandlesHard, a_function_that_somebody_has_hooked_is_left_alone_and_named) {
  const Attached run = attach(harness::program(L"handle_chaos.exe") + L" hooked", L"--handles");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.target.exit_code, 0U);
  EXPECT_THAT(warnings(run.report), HasSubstr("NtSetEvent is no system call that catcher knows"));
  EXPECT_FALSE(finding(run.report, "double_close").empty());
}

TEST(HandlesHard, a_program_that_is_let_go_runs_on_without_a_breakpoint) {
  const Attached run =
      attach(harness::program(L"attach_target.exe") + L" busy exit 42", L"--handles=uses --timeout 500ms", true);
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.catcher.exit_code, 124U);
  EXPECT_EQ(run.target.exit_code, 42U);
  EXPECT_EQ(run.report["processes"][0]["ended"], "detached");
}

TEST(HandlesHard, too_much_memory_is_too_much_under_the_probe_too) {
  const CatcherRun run = harness::catch_crash_test(L"commit 200 hang", L"--handles --max-memory 100M --timeout 60");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "limit");
  EXPECT_TRUE(run.report.contains("handles"));
}

TEST(HandlesHard, what_the_system_says_of_a_close_joins_its_history) {
  const CatcherRun run = harness::run_catcher(L"--handles", harness::program(L"handle_gamble.exe") + L" twice");
  SCOPED_TRACE(run.describe());
  EXPECT_THAT(finding(run.report, "double_close").value("note", ""), HasSubstr("STATUS_INVALID_HANDLE"));
  EXPECT_TRUE(finding(run.report, "invalid_handle").empty());
}

TEST(HandlesHard, a_double_close_is_found_among_more_closes_than_are_looked_at) {
  const CatcherRun run = chaos(L"storm 3000", L"--handles=close --probe-rate 0");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 123U);
  const json twice = finding(run.report, "double_close");
  ASSERT_FALSE(twice.empty());
  EXPECT_FALSE(harness::find_frame(twice["event"], "storm").empty());
  ASSERT_FALSE(twice["history"].empty());
  EXPECT_EQ(twice["history"].back()["what"], "closed");
}

// Threads that close each other's values may hit what the system itself has just put there: Wine keeps the event of an
// exception in the lowest free slot, and an exception whose event is gone, a breakpoint too, ends the program, with an
// event that says so or only with its status (docs/limits.md). catcher tells all the same.
void expect_chaos_is_told_of(const CatcherRun& run) {
  SCOPED_TRACE(run.describe());
  if (run.verdict() != "crashed") {
    EXPECT_EQ(run.verdict(), "defect");
    EXPECT_TRUE(run.program.out == "chaos ended\r\n" || run.report["processes"][0]["exit_status"] == "0x80000003");
  }
  EXPECT_FALSE(finding(run.report, "double_close").empty());
}

TEST(HandlesHard, what_a_program_does_that_does_everything_wrong_is_told) {
  for (const std::wstring_view options :
       {L"--handles --probe-rate 0", L"--handles=uses --probe-rate 0", L"--handles=close --probe-rate 0"}) {
    expect_chaos_is_told_of(chaos({}, options));
  }
}

TEST(HandlesHard, what_a_32_bit_program_does_that_does_everything_wrong_is_told) {
  if (!std::filesystem::exists(harness::bin_directory() / "handle_chaos32.exe")) {
    GTEST_SKIP() << "handle_chaos32.exe was not built: no 32-bit compiler";
  }
  expect_chaos_is_told_of(chaos({}, L"--handles=uses --probe-rate 0", L"handle_chaos32.exe"));
}

// A thread that dies in a system call may take a lock of the system with it (under Wine the one of NtClose): then the
// program waits for ever, with and without a probe, and the deadline ends it.
TEST(HandlesHard, threads_that_die_or_are_suspended_in_a_system_call_do_not_stop_catcher) {
  const CatcherRun run = chaos(L"kill", L"--handles=uses --probe-rate 0 --timeout 20");
  SCOPED_TRACE(run.describe());
  if (run.verdict() != "timeout") {
    EXPECT_EQ(run.program.out, "chaos ended\r\n");
    EXPECT_EQ(run.verdict(), "normal");
  }
  EXPECT_TRUE(run.report.contains("handles"));
}

TEST(HandlesHard, a_process_that_ends_in_the_middle_of_hits_ends) {
  const CatcherRun run = chaos(L"exit", L"--handles=uses --probe-rate 0");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.out, "chaos ended\r\n");
  EXPECT_EQ(run.verdict(), "normal");
}

TEST(HandlesHard, a_close_past_the_stub_is_no_defect) {
  const CatcherRun run = chaos(L"copy", L"--handles=uses");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.out, "chaos ended\r\n");
  EXPECT_EQ(run.verdict(), "normal");
}

}  // namespace
