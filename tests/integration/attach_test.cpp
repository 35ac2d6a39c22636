// catcher attach: whoever was attached to is reported like any other, and runs on unharmed when catcher goes.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include "win32/unique_handle.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace {

using catcher::UniqueHandle;
using harness::ProgramResult;
using harness::RunSettings;

// A program that runs, waits for the end of its stdin and then does what `words` say.
struct Target {
  std::wstring program = L"attach_target.exe";
  std::wstring words;
};

// One catcher that is attached to it, and what became of both.
struct Attached {
  ProgramResult target;
  ProgramResult catcher;
  nlohmann::json report;

  std::string describe() const { return catcher.err + "\n" + target.out + "\n" + report.dump(1).substr(0, 4000); }
};

std::wstring attach_words(std::uint32_t pid, const std::wstring& options) {
  return L"attach " + std::to_wstring(pid) + L" " + options;
}

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file, nullptr, false);
}

ProgramResult run_target(const Target& target, const std::function<void(std::uint32_t pid)>& meanwhile,
                         std::chrono::milliseconds limit = RunSettings().limit) {
  RunSettings settings;
  settings.limit = limit;
  settings.stdout_mark = "\n";
  settings.on_mark = [&meanwhile](void* process) { meanwhile(GetProcessId(process)); };
  return harness::run_program(harness::program(target.program) + L" " + target.words, settings);
}

std::filesystem::path report_file() {
  return harness::scratch_directory() / "report.json";
}

// catcher comes and goes while the target waits.
Attached attach_and_leave(const Target& target, const std::wstring& options) {
  const std::filesystem::path file = report_file();
  Attached result;
  result.target = run_target(target, [&](std::uint32_t pid) {
    result.catcher = harness::run_catcher_words(attach_words(pid, options + L" --report \"" + file.wstring() + L"\""));
  });
  result.report = read_json(file);
  return result;
}

// catcher is there until the target ends, which goes on when catcher says that it is attached.
Attached attach_and_stay(const Target& target, const std::wstring& options = {}) {
  SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  const UniqueHandle ready(CreateEventW(&inheritable, TRUE, FALSE, nullptr));
  const std::filesystem::path file = report_file();
  Attached result;
  std::thread catcher_thread;
  result.target = run_target(target, [&](std::uint32_t pid) {
    const std::wstring words = attach_words(pid, options + L" --ready-event " +
                                                     std::to_wstring(reinterpret_cast<std::uintptr_t>(ready.get())) +
                                                     L" --report \"" + file.wstring() + L"\"");
    catcher_thread = std::thread([&result, words] { result.catcher = harness::run_catcher_words(words); });
    EXPECT_EQ(WaitForSingleObject(ready.get(), 60'000), WAIT_OBJECT_0) << "catcher never said that it is attached";
  });
  catcher_thread.join();
  result.report = read_json(file);
  return result;
}

TEST(Attach, the_exit_code_is_the_targets_when_it_ends_by_itself) {
  const Attached run = attach_and_stay({.words = L"exit 7"});
  EXPECT_EQ(run.catcher.exit_code, 7U) << run.describe();
  EXPECT_EQ(run.target.exit_code, 7U);
  EXPECT_EQ(run.report.value("verdict", ""), "normal");
  EXPECT_EQ(run.report["processes"][0]["ended"], "itself");
}

TEST(Attach, the_history_of_allocations_begins_with_catcher_and_says_so) {
  const Attached run = attach_and_stay({.words = L"allocate 20 exit 7"}, L"--memory=trace");
  EXPECT_EQ(run.target.exit_code, 7U) << run.describe();
  const nlohmann::json allocations = run.report.value("/memory/allocations"_json_pointer, nlohmann::json::object());
  ASSERT_FALSE(allocations.empty()) << run.describe();
  EXPECT_TRUE(allocations["processes"][0].contains("begins_ms"));
  EXPECT_EQ(allocations["groups"][0].value("count", 0), 20) << allocations.dump(1);
  EXPECT_EQ(allocations["groups"][0]["path"][0], "attach_target.exe!allocate");
  EXPECT_NE(run.report["warnings"].dump().find("begins when catcher came"), std::string::npos);
}

TEST(Attach, a_crash_of_the_target_is_reported_with_its_stack) {
  const Attached run = attach_and_stay({.words = L"crash"});
  EXPECT_EQ(run.catcher.exit_code, 139U) << run.describe();
  ASSERT_EQ(run.report.value("verdict", ""), "crashed");
  EXPECT_EQ(run.report["processes"][0]["ended"], "crash");
  EXPECT_TRUE(harness::stack_leads_through(run.report["crashes"][0], {"write_null", "main"}));
}

TEST(Attach, a_breakpoint_of_the_targets_own_is_a_crash_and_that_of_attaching_is_none) {
  const Attached run = attach_and_stay({.words = L"int3"});
  EXPECT_EQ(run.catcher.exit_code, 133U) << run.describe();
  ASSERT_EQ(run.report["crashes"].size(), 1U);
  EXPECT_TRUE(harness::stack_leads_through(run.report["crashes"][0], {"main"}));
}

TEST(Attach, break_shows_all_stacks_and_the_target_runs_on) {
  const Attached run = attach_and_leave({.words = L"exit 8"}, L"--break");
  EXPECT_EQ(run.catcher.exit_code, 0U) << run.describe();
  EXPECT_EQ(run.target.exit_code, 8U);
  EXPECT_EQ(run.report.value("verdict", ""), "normal");
  EXPECT_EQ(run.report["processes"][0]["ended"], "detached");
  ASSERT_TRUE(run.report.contains("hang"));
  ASSERT_EQ(run.report["hang"]["threads"].size(), 1U) << "the thread that attaching starts is not the target's";
  EXPECT_TRUE(harness::stack_leads_through(run.report["hang"]["threads"][0], {"ReadFile", "main"}));
  EXPECT_NE(run.catcher.err.find("getchar"), std::string::npos) << "nothing was printed";
}

TEST(Attach, at_a_timeout_the_target_is_looked_at_and_runs_on) {
  const Attached run = attach_and_leave({.words = L"exit 9"}, L"--timeout 300ms");
  EXPECT_EQ(run.catcher.exit_code, 124U) << run.describe();
  EXPECT_EQ(run.target.exit_code, 9U);
  EXPECT_TRUE(run.report.contains("hang"));
  EXPECT_EQ(run.report["processes"][0]["ended"], "detached");
}

// Minutes on a busy machine, so that CATCHER_SOAK=full in the environment asks for it.
bool full_size() {
  std::array<wchar_t, 8> value{};
  return GetEnvironmentVariableW(L"CATCHER_SOAK", value.data(), static_cast<DWORD>(value.size())) != 0 &&
         std::wstring_view(value.data()) == L"full";
}

void come_and_go(const Target& target, int times) {
  // Each of them looks at the stacks of nine threads: seconds where many tests run side by side.
  const auto limit = times * std::chrono::seconds(30);
  const auto visits = [times](std::uint32_t pid) {
    for (int i = 0; i < times; ++i) {
      const ProgramResult catcher = harness::run_catcher_words(attach_words(pid, L"--timeout 30ms -q"));
      ASSERT_EQ(catcher.exit_code, 124U) << "attaching for the " << i << "th time: " << catcher.err;
    }
  };
  const ProgramResult result = run_target(target, visits, limit);
  EXPECT_EQ(result.exit_code, 42U) << result.out << result.err;
}

TEST(Attach, a_target_that_is_busy_on_eight_threads_survives_its_debuggers) {
  come_and_go({.words = L"busy exit 42"}, full_size() ? 50 : 5);
}

TEST(Attach, a_32_bit_target_that_is_busy_survives_its_debuggers) {
  if (!std::filesystem::exists(harness::bin_directory() / "attach_target32.exe")) {
    GTEST_SKIP() << "there is no compiler for 32-bit programs here";
  }
  come_and_go({L"attach_target32.exe", L"busy exit 42"}, full_size() ? 20 : 4);
}

TEST(Attach, a_32_bit_targets_crash_is_reported_with_its_stack) {
  if (!std::filesystem::exists(harness::bin_directory() / "attach_target32.exe")) {
    GTEST_SKIP() << "there is no compiler for 32-bit programs here";
  }
  const Attached run = attach_and_stay({L"attach_target32.exe", L"crash"});
  EXPECT_EQ(run.catcher.exit_code, 139U) << run.describe();
  ASSERT_EQ(run.report.value("verdict", ""), "crashed");
  EXPECT_EQ(run.report["processes"][0]["bits"], 32);
  EXPECT_TRUE(harness::stack_leads_through(run.report["crashes"][0], {"write_null", "main"}));
}

TEST(Attach, a_program_that_is_waited_for_is_attached_to_when_it_starts) {
  // A name that no other test's program has.
  const std::filesystem::path own = harness::scratch_directory() / "awaited_target.exe";
  std::filesystem::copy_file(harness::bin_directory() / "attach_target.exe", own);
  const UniqueHandle done(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  ProgramResult catcher;
  std::thread waiting([&] {
    catcher = harness::run_catcher_words(L"attach --wait-for Awaited_*.exe --timeout 60 --break");
    SetEvent(done.get());
  });
  // Whether catcher waits already, nobody can see from here: programs are started until one was attached to.
  RunSettings settings;
  settings.stdout_mark = "\n";
  settings.on_mark = [&done](void*) { WaitForSingleObject(done.get(), 1000); };
  while (WaitForSingleObject(done.get(), 0) == WAIT_TIMEOUT) {
    EXPECT_EQ(harness::run_program(L"\"" + own.wstring() + L"\" exit 6", settings).exit_code, 6U);
  }
  waiting.join();
  EXPECT_EQ(catcher.exit_code, 0U) << catcher.err;
  EXPECT_NE(catcher.err.find("looked at awaited_target.exe"), std::string::npos) << catcher.err;
}

TEST(Attach, a_program_that_never_starts_is_a_timeout) {
  const ProgramResult result = harness::run_catcher_words(L"attach --wait-for no_such_program.exe --timeout 200ms");
  EXPECT_EQ(result.exit_code, 124U) << result.err;
  ASSERT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_EQ(result.error_lines().front(), "catcher: timeout after 200 ms: no process was there yet");
}

void expect_refusal(const ProgramResult& result, std::uint32_t exit_code, const std::string& reason) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  ASSERT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_NE(result.error_lines().front().find(reason), std::string::npos) << result.err;
}

TEST(Attach, a_process_that_is_not_there_is_not_found) {
  expect_refusal(harness::run_catcher_words(L"attach 4194301"), 127, "there is no such process");
}

TEST(Attach, what_cannot_be_waited_for_or_measured_is_refused) {
  expect_refusal(harness::run_catcher_words(L"attach --wait-for dir\\app.exe"), 125, "leave the directory away");
  expect_refusal(harness::run_catcher_words(L"attach 12 --max-output 1M"), 125, "--max-output has nothing to measure");
  expect_refusal(harness::run_catcher_words(L"attach 12 --start-timeout 1"), 125, "--start-timeout has nothing");
  expect_refusal(harness::run_catcher_words(L"install-aedebug --max-output 1M"), 125, "--max-output has nothing");
}

TEST(Attach, a_process_that_is_debugged_already_is_refused) {
  const ProgramResult target = run_target({.words = L"exit 3"}, [](std::uint32_t pid) {
    ASSERT_NE(DebugActiveProcess(pid), FALSE);
    expect_refusal(harness::run_catcher_words(attach_words(pid, L"")), 126, "another debugger");
    DebugSetProcessKillOnExit(FALSE);
    DebugActiveProcessStop(pid);
  });
  EXPECT_EQ(target.exit_code, 3U);
}

TEST(Attach, an_event_that_is_none_is_refused_and_the_target_runs_on) {
  const ProgramResult target = run_target({.words = L"exit 4"}, [](std::uint32_t pid) {
    expect_refusal(harness::run_catcher_words(attach_words(pid, L"--ready-event 1234564")), 126, "--ready-event");
  });
  EXPECT_EQ(target.exit_code, 4U);
}

}  // namespace
