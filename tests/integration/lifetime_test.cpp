// However catcher ends, no process of the tree outlives it.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include "win32/unique_handle.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <string>

namespace {

using harness::ProgramResult;
using harness::RunSettings;

// Runs catcher on a tree of three, and does something to catcher when the last of them is there.
ProgramResult run_tree_and(void (*something)(void* catcher)) {
  RunSettings settings;
  settings.stdout_mark = "ready";
  settings.on_mark = something;
  settings.time_to_die = std::chrono::seconds(5);
  return harness::run_program(harness::program(L"catcher.exe") + L" -q -- " + harness::program(L"crash_test.exe") +
                                  L" spawn spawn print ready hang",
                              settings);
}

void expect_no_survivors(const ProgramResult& result) {
  EXPECT_NE(result.out.find("ready"), std::string::npos) << "the tree never stood";
  EXPECT_FALSE(result.limit_hit) << "catcher did not end";
  EXPECT_TRUE(result.survivors.empty()) << result.survivors.size() << " processes outlived catcher";
}

TEST(CatchersEnd, nobody_survives_when_it_is_terminated) {
  const ProgramResult result = run_tree_and([](void* catcher) { TerminateProcess(catcher, 42); });
  EXPECT_EQ(result.exit_code, 42U);
  expect_no_survivors(result);
}

TEST(CatchersEnd, nobody_survives_when_it_crashes) {
  const ProgramResult result = run_tree_and([](void* catcher) {
    // A thread that begins at an address where nothing is.
    const auto nowhere = reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void*>(0x10));
    const catcher::UniqueHandle thread(CreateRemoteThread(catcher, nullptr, 0, nowhere, nullptr, 0, nullptr));
    EXPECT_TRUE(thread != nullptr);
  });
  EXPECT_NE(result.exit_code, 0U);
  expect_no_survivors(result);
}

TEST(CatchersEnd, nobody_survives_when_it_exits_in_the_middle) {
  const ProgramResult result = run_tree_and([](void* catcher) {
    // ExitProcess lies at the same address in every process of a session.
    const auto exit_process = reinterpret_cast<LPTHREAD_START_ROUTINE>(
        reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "ExitProcess")));
    const catcher::UniqueHandle thread(
        CreateRemoteThread(catcher, nullptr, 0, exit_process, reinterpret_cast<void*>(43), 0, nullptr));
    EXPECT_TRUE(thread != nullptr);
  });
  EXPECT_EQ(result.exit_code, 43U);
  expect_no_survivors(result);
}

TEST(CatchersEnd, nobody_survives_ctrl_break_and_the_exit_code_is_130) {
  static DWORD error = 0;
  RunSettings settings;
  settings.stdout_mark = "ready";
  settings.new_process_group = true;
  settings.time_to_die = std::chrono::seconds(5);
  settings.on_mark = [](void* catcher) {
    error = GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, GetProcessId(catcher)) != 0 ? 0 : GetLastError();
    if (error != 0) {
      TerminateProcess(catcher, 0);
    }
  };
  const ProgramResult result = harness::run_program(
      harness::program(L"catcher.exe") + L" -- " + harness::program(L"crash_test.exe") + L" spawn print ready hang",
      settings);
  if (error != 0) {
    GTEST_SKIP() << "no console event can be sent here (error " << error
                 << "); interrupt_test.sh sends a signal instead";
  }
  EXPECT_EQ(result.exit_code, 130U) << result.err;
  expect_no_survivors(result);
}

TEST(CatchersEnd, a_console_event_for_the_target_is_not_a_crash) {
  // What a debugger sees of Ctrl-C when the target has a handler of its own.
  const harness::CatcherRun run = harness::catch_crash_test(L"HANDLED_RAISE 0x40010005 EXIT 3");
  EXPECT_EQ(run.verdict(), "normal") << run.describe();
  EXPECT_EQ(run.program.exit_code, 3U);
}

}  // namespace
