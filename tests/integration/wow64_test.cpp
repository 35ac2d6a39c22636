// 32-bit programs under the 64-bit catcher, alone and mixed with 64-bit ones.

#include "harness/mixed_programs.h"
#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using harness::CatcherRun;

// Skips where there is no 32-bit compiler to build it with, or no system that runs it.
class Program32 : public testing::Test {
 protected:
  void SetUp() override {
    if (!harness::why_no_32_bit_programs().empty()) {
      GTEST_SKIP() << harness::why_no_32_bit_programs();
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

TEST_F(Program32, an_abort_has_the_stack_of_who_called_it) {
  const CatcherRun result = run(L"abort");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"abort", "call_abort", "main"})) << result.describe();
}

TEST_F(Program32, the_other_c_runtimes_abort_is_seen_too) {
  const CatcherRun result = run(L"ucrtbase_abort");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 134U);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"abort", "ucrtbase_abort"}));
}

TEST_F(Program32, a_failed_assertion_has_its_text) {
  const CatcherRun result = run(L"assert 42");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 134U);
  EXPECT_EQ(result.crash().value("assertion", ""), "the_answer == 42, endings.cpp:42");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"_assert", "failed_assertion"}));
}

TEST_F(Program32, an_uncaught_throw_has_the_stack_of_the_throw) {
  const CatcherRun result = run(L"cxx_throw");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 134U);
  EXPECT_EQ(result.crash_kind(), "abort");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"abort", "terminate", "throw_cxx", "main"}));
}

TEST_F(Program32, a_stack_overflow_shows_the_recursion) {
  for (const wchar_t* const words : {L"stack_overflow", L"stack_overflow_small_frames"}) {
    const CatcherRun result = run(words);
    SCOPED_TRACE(result.describe());
    EXPECT_EQ(result.program.exit_code, 139U);
    EXPECT_EQ(result.crash_code(), 0xC00000FDU);
    EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"recurse", "recurse", "recurse"}));
  }
}

TEST_F(Program32, the_registers_are_the_32_bit_ones) {
  const nlohmann::json registers = run(L"crash").crash()["registers"];
  for (const char* const name : {"eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip"}) {
    EXPECT_TRUE(registers.contains(name)) << name;
    EXPECT_LE(harness::hex_number(registers.value(name, "")), 0xFFFFFFFFU) << name;
  }
}

TEST_F(Program32, two_threads_that_wait_for_each_other_are_a_deadlock) {
  const CatcherRun result = run(L"deadlock", L"--timeout 2s");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.report["hang"]["cause"], "deadlock");
  EXPECT_EQ(result.report["hang"]["threads"].size(), 2U);
}

TEST_F(Program32, a_lock_that_somebody_keeps_is_named_with_its_owner) {
  const CatcherRun result = run(L"held_lock", L"--timeout 2s");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.report["hang"]["cause"], "lock");
  EXPECT_NE(result.report["hang"].value("detail", "").find("owned by thread"), std::string::npos);
}

TEST_F(Program32, that_computes_for_ever_is_busy) {
  const CatcherRun result = run(L"busy", L"--timeout 2s");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.report["hang"]["cause"], "busy");
  EXPECT_TRUE(harness::stack_leads_through(result.report["hang"]["threads"][0], {"busy", "main"}));
}

// Trees of both kinds, the outer word first.
class MixedTree : public Program32 {
 protected:
  static CatcherRun run_chain(const wchar_t* outer, const wchar_t* middle, const wchar_t* inner, std::wstring words,
                              std::wstring_view options = {}) {
    // Each RUN takes the rest as one argument; none of the paths has a quote in it.
    const auto path = [](const wchar_t* name) { return (harness::bin_directory() / name).wstring(); };
    const std::wstring innermost = path(inner) + L" " + words;
    const std::wstring in_the_middle = path(middle) + L" run \"" + innermost + L"\"";
    std::wstring escaped;
    for (const wchar_t letter : in_the_middle) {
      escaped += letter == L'"' ? L"\\\"" : std::wstring(1, letter);
    }
    return harness::run_catcher(options, harness::program(outer) + L" run \"" + escaped + L"\"");
  }
};

TEST_F(MixedTree, a_crash_below_64_32_64_is_found) {
  const CatcherRun result = run_chain(L"crash_test.exe", L"crash_test32.exe", L"crash_test.exe", L"crash");
  SCOPED_TRACE(result.describe());
  ASSERT_EQ(result.process_count(), 3U);
  EXPECT_EQ(result.process(0)["bits"], 64);
  EXPECT_EQ(result.process(1)["bits"], 32);
  EXPECT_EQ(result.process(2)["bits"], 64);
  EXPECT_EQ(result.program.exit_code, 139U);
  EXPECT_EQ(result.crash()["pid"], result.process(2)["pid"]);
  EXPECT_TRUE(result.crash()["registers"].contains("rip"));
}

TEST_F(MixedTree, a_crash_below_32_64_32_is_found) {
  const CatcherRun result = run_chain(L"crash_test32.exe", L"crash_test.exe", L"crash_test32.exe", L"crash");
  SCOPED_TRACE(result.describe());
  ASSERT_EQ(result.process_count(), 3U);
  EXPECT_EQ(result.process(0)["bits"], 32);
  EXPECT_EQ(result.process(1)["bits"], 64);
  EXPECT_EQ(result.process(2)["bits"], 32);
  EXPECT_EQ(result.program.exit_code, 139U);
  EXPECT_EQ(result.crash()["pid"], result.process(2)["pid"]);
  EXPECT_TRUE(result.crash()["registers"].contains("eip"));
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "main"}));
}

TEST_F(MixedTree, an_abort_below_64_32_64_is_found) {
  const CatcherRun result = run_chain(L"crash_test.exe", L"crash_test32.exe", L"crash_test.exe", L"abort");
  EXPECT_EQ(result.program.exit_code, 134U) << result.describe();
}

TEST_F(MixedTree, an_exit_below_64_32_64_is_normal) {
  const CatcherRun result = run_chain(L"crash_test.exe", L"crash_test32.exe", L"crash_test.exe", L"exit 9");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.process(2)["exit_status"], "0x00000009");
}

TEST_F(MixedTree, a_hang_shows_the_stacks_of_both_kinds) {
  const CatcherRun result =
      run_chain(L"crash_test.exe", L"crash_test32.exe", L"crash_test.exe", L"hang", L"--timeout 3s");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 124U);
  ASSERT_EQ(result.process_count(), 3U);
  const auto& threads = result.report["hang"]["threads"];
  ASSERT_EQ(threads.size(), 3U);
  EXPECT_TRUE(harness::stack_leads_through(threads[0], {"wait_for", "main"}));
  EXPECT_TRUE(harness::stack_leads_through(threads[1], {"wait_for", "main"}));
  EXPECT_TRUE(harness::stack_leads_through(threads[2], {"hang", "main"}));
}

}  // namespace
