// Every behavior of crash_test, alone and as the last of a chain of processes: what catcher says of it.

#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;

constexpr std::uint32_t kAccessViolation = 0xC0000005;
constexpr std::uint32_t kInvalidHandle = 0xC0000008;
constexpr std::uint32_t kCxxGcc = 0x20474343;
constexpr std::uint32_t kAbortStatus = 0x40000015;  // STATUS_FATAL_APP_EXIT, which stands for abort() in the report

// One row of the design's table, as far as a behavior shows it.
struct Fatal {
  std::string_view words;
  std::uint32_t exit_code;
  std::string_view kind;
  std::uint32_t code;              // exception code, or the status where there is no exception
  std::uint32_t another_code = 0;  // what else a system may make of the same fault; 0: nothing
};

constexpr Fatal kFatal[] = {
    {"CRASH", 139, "exception", kAccessViolation},
    {"ACCESS_VIOLATION", 139, "exception", kAccessViolation},
    {"EXCEPTION_ACCESS_VIOLATION", 139, "exception", kAccessViolation},
    {"exception_access_violation", 139, "exception", kAccessViolation},
    {"READ_NULL", 139, "exception", kAccessViolation},
    {"CALL_NULL", 139, "exception", kAccessViolation},
    {"EXECUTE_DATA", 139, "exception", kAccessViolation},
    {"READ_NONCANONICAL", 139, "exception", kAccessViolation},
    {"USE_AFTER_FREE", 139, "exception", kAccessViolation},
    {"ARRAY_BOUNDS_EXCEEDED", 139, "exception", 0xC000008C},
    {"BREAKPOINT", 133, "exception", 0x80000003},
    {"DATATYPE_MISALIGNMENT", 135, "exception", 0x80000002},
    // Linux tells neither of the two which floating-point fault it was.
    {"FLT_DENORMAL_OPERAND", 136, "exception", 0xC000008D, 0xC0000093},
    {"FLT_DIVIDE_BY_ZERO", 136, "exception", 0xC000008E},
    {"FLT_INEXACT_RESULT", 136, "exception", 0xC000008F},
    {"FLT_INVALID_OPERATION", 136, "exception", 0xC0000090},
    {"FLT_OVERFLOW", 136, "exception", 0xC0000091},
    {"FLT_STACK_CHECK", 136, "exception", 0xC0000092},
    {"FLT_UNDERFLOW", 136, "exception", 0xC0000093},
    {"GUARD_PAGE", 139, "exception", 0x80000001},
    {"ILLEGAL_INSTRUCTION", 132, "exception", 0xC000001D},
    {"IN_PAGE_ERROR", 135, "exception", 0xC0000006},
    {"INT_DIVIDE_BY_ZERO", 136, "exception", 0xC0000094},
    {"INT_OVERFLOW", 136, "exception", 0xC0000095},
    {"INVALID_DISPOSITION", 128, "exception", 0xC0000026},
    {"NONCONTINUABLE", 128, "exception", 0xC0000025},
    {"NONCONTINUABLE_EXCEPTION", 128, "exception", 0xC0000025},
    {"PRIV_INSTRUCTION", 132, "exception", 0xC0000096},
    {"SINGLE_STEP", 133, "exception", 0x80000004},
    {"STACK_OVERFLOW", 139, "exception", 0xC00000FD},
    {"STACK_OVERFLOW_SMALL_FRAMES", 139, "exception", 0xC00000FD},
    {"STACK_OVERFLOW_PING_PONG", 139, "exception", 0xC00000FD},
    // Some kernels answer a push to nowhere with the stack's own exception.
    {"SMASHED_STACK", 139, "exception", kAccessViolation, 0xC00000FD},
    {"SMASHED_RETURN_ADDRESS", 139, "exception", kAccessViolation},
    {"VEH_FAULTS", 139, "exception", kAccessViolation, 0xC00000FD},
    {"RAISE 0xE1234567", 128, "exception", 0xE1234567},
    {"RAISE 0xC0000417", 134, "exception", 0xC0000417},
    {"FAIL_FAST", 134, "fail_fast", 0xC0000409},
    {"FAIL_FAST_SUBCODE 2", 134, "fail_fast", 0xC0000409},
    {"HEAP_CORRUPTION", 134, "exception", 0xC0000374},
    {"CXX_THROW", 134, "abort", kCxxGcc, kAbortStatus},
    {"CXX_THROW_INT", 134, "abort", kCxxGcc, kAbortStatus},
    {"ABORT", 134, "abort", kAbortStatus},
    {"UCRTBASE_ABORT", 134, "abort", kAbortStatus},
    {"TERMINATE", 134, "abort", kAbortStatus},
    {"ASSERT 42", 134, "abort", kAbortStatus},
    // No exit call: a crash handler that ends its own process with the status of what it saw.
    {"EXIT_STATUS 0xC0001234", 128, "exit_status", 0xC0001234},
    {"EXIT_STATUS 0xC0000005", 139, "exit_status", kAccessViolation},
    {"THREAD CRASH", 139, "exception", kAccessViolation},
    {"THREAD STACK_OVERFLOW", 139, "exception", 0xC00000FD},
    {"THREAD ABORT", 134, "abort", kAbortStatus},
    {"HANDLED CRASH", 139, "exception", kAccessViolation},
    {"HANDLED_THROW 3 INT_DIVIDE_BY_ZERO", 136, "exception", 0xC0000094},
};

struct Harmless {
  std::string_view words;
  std::uint32_t exit_code;         // of the process that does it
  std::uint32_t handled_code = 0;  // an exception that must be counted; 0: none
  std::uint64_t handled_count = 0;
};

constexpr Harmless kHarmless[] = {
    {"", 0},
    {"EXIT 0", 0},
    {"EXIT 7", 7},
    {"EXIT 255", 255},
    {"EXIT 256", 256},
    {"EXIT 0xFFFFFFFF", 0xFFFFFFFF},
    {"EXIT 139", 139},
    // The process asked for this status itself.
    {"EXIT 0xC0000005", kAccessViolation},
    {"EXIT_STATUS 5", 5},
    {"HANDLED", 0, kAccessViolation, 1},
    {"HANDLED HANDLED HANDLED EXIT 5", 5, kAccessViolation, 3},
    {"FIRST_CHANCE_THEN_EXIT 9", 9, kAccessViolation, 1},
    {"FIRST_CHANCE_THEN_EXIT 0", 0, kAccessViolation, 1},
    {"HANDLED_RAISE 0xE0000001", 0, 0xE0000001, 1},
    {"HANDLED_THROW 4", 0, kCxxGcc, 4},
    {"INVALID_HANDLE", 0, kInvalidHandle, 1},
    {"NAME_THREAD worker EXIT 4", 4},
    {"DEBUG_PRINT hello EXIT 6", 6},
    {"THREAD EXIT 8", 8},
    {"SLEEP 10", 0},
};

// gtest prints the row of a failed test.
std::ostream& operator<<(std::ostream& out, const Fatal& row) {
  return out << row.words;
}
std::ostream& operator<<(std::ostream& out, const Harmless& row) {
  return out << row.words;
}

std::wstring wide(std::string_view ascii) {
  return std::wstring(ascii.begin(), ascii.end());
}

// `spawn` so many times, then the words.
std::wstring behind(int spawns, std::string_view words) {
  std::wstring result;
  for (int i = 0; i < spawns; ++i) {
    result += L"spawn ";
  }
  return result + wide(words);
}

template <typename Row>
std::string name_of(const testing::TestParamInfo<std::tuple<Row, int>>& info) {
  constexpr std::string_view kDepth[] = {"alone", "behind_spawn", "behind_spawn_spawn"};
  const auto& [row, depth] = info.param;
  std::string name(row.words.empty() ? "nothing" : row.words);
  std::replace_if(name.begin(), name.end(), [](unsigned char letter) { return std::isalnum(letter) == 0; }, '_');
  return name + "__" + std::string(kDepth[depth]);
}

void expect_chain_of(const CatcherRun& run, std::size_t length) {
  ASSERT_EQ(run.process_count(), length);
  for (std::size_t i = 1; i < length; ++i) {
    EXPECT_EQ(run.process(i)["parent_pid"], run.process(i - 1)["pid"]);
  }
}

class FatalBehavior : public testing::TestWithParam<std::tuple<Fatal, int>> {};

TEST_P(FatalBehavior, is_a_crash_of_the_last_process) {
  const auto& [row, spawns] = GetParam();
  const CatcherRun run = catch_crash_test(behind(spawns, row.words));
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, row.exit_code);
  EXPECT_EQ(run.verdict(), "crashed");
  ASSERT_TRUE(run.report.contains("crashes"));
  EXPECT_EQ(run.report["crashes"].size(), 1U);
  EXPECT_EQ(run.crash_kind(), row.kind);
  if (row.another_code == 0 || run.crash_code() != row.another_code) {
    EXPECT_EQ(run.crash_code(), row.code);
  }
  expect_chain_of(run, static_cast<std::size_t>(spawns) + 1);
  const nlohmann::json last = run.process(static_cast<std::size_t>(spawns));
  EXPECT_EQ(run.crash()["pid"], last["pid"]);
  EXPECT_EQ(last["ended"], "crash");
  EXPECT_TRUE(run.says_summary());
}

INSTANTIATE_TEST_SUITE_P(Behaviors, FatalBehavior,
                         testing::Combine(testing::ValuesIn(kFatal), testing::Values(0, 1, 2)), name_of<Fatal>);

class HarmlessBehavior : public testing::TestWithParam<std::tuple<Harmless, int>> {};

TEST_P(HarmlessBehavior, is_a_normal_end) {
  const auto& [row, spawns] = GetParam();
  const CatcherRun run = catch_crash_test(behind(spawns, row.words));
  SCOPED_TRACE(run.describe());
  // A process that spawns exits with 0 whatever its child did.
  EXPECT_EQ(run.program.exit_code, spawns == 0 ? row.exit_code : 0U);
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_FALSE(run.report.contains("crashes"));
  EXPECT_EQ(run.handled(row.handled_code), row.handled_count);
  expect_chain_of(run, static_cast<std::size_t>(spawns) + 1);
  const nlohmann::json last = run.process(static_cast<std::size_t>(spawns));
  EXPECT_EQ(harness::hex_number(last["exit_status"]), row.exit_code);
  EXPECT_EQ(last["ended"], "itself");
  // An exit with an error status is no crash, but worth a word: where it came from.
  const bool is_error_status = (row.exit_code & 0xF0000000U) == 0xC0000000U;
  EXPECT_EQ(last.contains("exit_stack"), is_error_status);
  EXPECT_EQ(run.program.err.empty(), !is_error_status);
}

INSTANTIATE_TEST_SUITE_P(Behaviors, HarmlessBehavior,
                         testing::Combine(testing::ValuesIn(kHarmless), testing::Values(0, 1, 2)), name_of<Harmless>);

// What the report says beyond verdict and code.

// True when a function of this name stands on a stack.
bool calls(const nlohmann::json& stack, const std::string& function) {
  return std::any_of(stack.begin(), stack.end(),
                     [&function](const nlohmann::json& frame) { return frame.value("function", "") == function; });
}

TEST(CrashReport, a_null_write_is_described_with_its_operation_and_target) {
  const CatcherRun run = catch_crash_test(L"CRASH");
  SCOPED_TRACE(run.describe());
  const nlohmann::json exception = run.crash()["exception"];
  EXPECT_EQ(exception["name"], "EXCEPTION_ACCESS_VIOLATION");
  EXPECT_EQ(exception["operation"], "write");
  EXPECT_EQ(exception["target"], "0x0");
  EXPECT_EQ(exception["module"], "crash_test.exe");
  EXPECT_EQ(run.crash()["chance"], "second");
  EXPECT_NE(run.program.err.find("write to 0x0"), std::string::npos);
  EXPECT_NE(run.program.err.find("crash_test.exe"), std::string::npos);
}

TEST(CrashReport, a_null_read_is_a_read) {
  EXPECT_EQ(catch_crash_test(L"READ_NULL").crash()["exception"]["operation"], "read");
}

TEST(CrashReport, a_call_of_a_null_pointer_is_an_execution_at_0) {
  const nlohmann::json exception = catch_crash_test(L"CALL_NULL").crash()["exception"];
  EXPECT_EQ(exception["operation"], "execute");
  EXPECT_EQ(exception["target"], "0x0");
}

TEST(CrashReport, a_fail_fast_names_its_subcode) {
  const CatcherRun run = catch_crash_test(L"FAIL_FAST");
  EXPECT_NE(run.crash()["exception"].value("detail", "").find("FAST_FAIL_FATAL_APP_EXIT"), std::string::npos)
      << run.describe();
}

TEST(CrashReport, a_crash_of_a_second_thread_names_that_thread) {
  const CatcherRun run = catch_crash_test(L"THREAD CRASH");
  SCOPED_TRACE(run.describe());
  const nlohmann::json crash = run.crash();
  EXPECT_FALSE(calls(crash["stack"], "wmain"));
  ASSERT_EQ(crash["threads"].size(), 1U);
  EXPECT_NE(crash["threads"][0]["tid"], crash["tid"]);
  EXPECT_TRUE(calls(crash["threads"][0]["stack"], "wmain"));
}

TEST(CrashReport, a_stack_overflow_of_a_second_thread_is_a_crash_whatever_becomes_of_the_process) {
  const CatcherRun run = catch_crash_test(L"THREAD STACK_OVERFLOW_SMALL_FRAMES");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash_code(), 0xC00000FDU);
}

TEST(CrashReport, a_handler_that_faults_itself_leaves_a_stack_and_no_handled_exceptions) {
  const CatcherRun run = catch_crash_test(L"VEH_FAULTS");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_FALSE(run.crash()["stack"].empty());
  EXPECT_TRUE(run.crash().contains("bucket"));
}

TEST(CrashReport, RaiseFailFastException_is_of_the_abort_family_however_it_shows) {
  const CatcherRun run = catch_crash_test(L"RAISE_FAIL_FAST");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 134U);
  EXPECT_EQ(run.crash_code(), 0xC0000602U);
}

TEST(CrashReport, the_tree_is_shown_on_stderr_with_exit_codes) {
  const CatcherRun run = catch_crash_test(L"spawn spawn crash");
  SCOPED_TRACE(run.describe());
  for (std::size_t i = 0; i < run.process_count(); ++i) {
    EXPECT_NE(run.program.err.find(std::to_string(run.process(i)["pid"].get<std::uint32_t>())), std::string::npos);
  }
  EXPECT_NE(run.program.err.find("0xC0000005"), std::string::npos);
}

TEST(CrashReport, the_parents_of_a_crashed_process_are_killed) {
  const CatcherRun run = catch_crash_test(L"spawn crash");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.process(0)["ended"], "killed");
  EXPECT_EQ(run.process(1)["ended"], "crash");
  EXPECT_EQ(run.process(1)["exit_status"], "0xC0000005");
}

}  // namespace
