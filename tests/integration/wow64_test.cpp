// 32-bit programs under the 64-bit catcher, alone and mixed with 64-bit ones.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace {

using harness::CatcherRun;

// Skips where there is no 32-bit compiler to build it with, or no system that runs it.
class Program32 : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(harness::bin_directory() / "crash_test32.exe")) {
      GTEST_SKIP() << "crash_test32.exe was not built: no 32-bit compiler";
    }
    try {
      if (harness::run_program(harness::program(L"crash_test32.exe") + L" exit 32").exit_code != 32) {
        GTEST_SKIP() << "this system does not run 32-bit programs";
      }
    } catch (const std::system_error& error) {
      GTEST_SKIP() << "this system does not start 32-bit programs: " << error.what();
    }
  }

  static CatcherRun run(std::wstring_view words, std::wstring_view options = {}) {
    return harness::run_catcher(options, harness::program(L"crash_test32.exe") + L" " + std::wstring(words));
  }
};

TEST_F(Program32, ends_normally) {
  const CatcherRun result = run(L"exit 7");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 7U);
  EXPECT_EQ(result.process(0)["bits"], 32);
}

TEST_F(Program32, access_violation_is_139) {
  const CatcherRun result = run(L"crash");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 139U);
  EXPECT_EQ(result.crash_code(), 0xC0000005U);
  EXPECT_EQ(result.crash()["exception"]["target"], "0x0");
}

TEST_F(Program32, breakpoint_is_133) {
  EXPECT_EQ(run(L"breakpoint").program.exit_code, 133U);
}

TEST_F(Program32, wow64_breakpoint_code_is_133) {
  // The first one may pass for the loader's, where the loader sends none.
  EXPECT_EQ(run(L"handled_raise 0x4000001F raise 0x4000001F").program.exit_code, 133U);
}

TEST_F(Program32, wow64_single_step_code_is_133) {
  EXPECT_EQ(run(L"raise 0x4000001E").program.exit_code, 133U);
}

TEST_F(Program32, bound_instruction_is_139) {
  EXPECT_EQ(run(L"array_bounds_exceeded").program.exit_code, 139U);
}

TEST_F(Program32, stack_overflow_is_139) {
  EXPECT_EQ(run(L"stack_overflow").crash_code(), 0xC00000FDU);
}

TEST_F(Program32, fail_fast_is_134) {
  EXPECT_EQ(run(L"fail_fast").program.exit_code, 134U);
}

TEST_F(Program32, abort_is_134) {
  const CatcherRun result = run(L"abort");
  EXPECT_EQ(result.program.exit_code, 134U) << result.describe();
  EXPECT_EQ(result.crash_kind(), "abort");
}

TEST_F(Program32, a_handled_fault_is_no_crash) {
  const CatcherRun result = run(L"handled exit 3");
  EXPECT_EQ(result.program.exit_code, 3U) << result.describe();
  EXPECT_EQ(result.handled(0xC0000005), 1U);
}

TEST_F(Program32, a_smashed_stack_is_139) {
  EXPECT_EQ(run(L"smashed_stack").program.exit_code, 139U);
}

TEST_F(Program32, spawn_spawn_crash_is_a_crash_of_the_last) {
  const CatcherRun result = run(L"spawn spawn crash");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.process_count(), 3U);
  EXPECT_EQ(result.crash()["pid"], result.process(2)["pid"]);
}

TEST_F(Program32, a_hanging_tree_is_killed_at_the_deadline) {
  EXPECT_EQ(run(L"spawn hang", L"--timeout 1s").program.exit_code, 124U);
}

TEST_F(Program32, has_32_bit_registers_and_a_stack_with_names) {
  const CatcherRun result = run(L"crash");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.crash()["registers"].value("eip", ""), result.crash()["exception"].value("address", "?"));
  EXPECT_FALSE(result.crash()["registers"].contains("rip"));
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "run_words", "main"}));
  EXPECT_NE(result.crash().value("instruction", ""), "");
}

TEST_F(Program32, an_exit_status_has_the_stack_of_who_ended_it) {
  const CatcherRun result = run(L"exit_status 0xC0000374");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"exit_status", "main"})) << result.describe();
}

TEST_F(Program32, a_hang_shows_its_stacks) {
  const CatcherRun result = run(L"hang", L"--timeout 1s");
  ASSERT_EQ(result.report["hang"]["threads"].size(), 1U) << result.describe();
  EXPECT_TRUE(harness::stack_leads_through(result.report["hang"]["threads"][0], {"hang", "main"}));
}

}  // namespace
