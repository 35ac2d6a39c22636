// Programs that attack or mislead whoever debugs them, as 64-bit and as 32-bit programs: catcher ends with a verdict, a
// report that keeps to its schema, and nothing left behind (the harness looks at all of that for every run).

#include "harness/mixed_programs.h"
#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>

namespace {

using harness::CatcherRun;
using testing::HasSubstr;

constexpr std::uint32_t kAccessViolation = 0xC0000005;
constexpr std::uint32_t kInvalidHandle = 0xC0000008;

// Each test with the 64-bit adversary and with the 32-bit one.
class Adversary : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (GetParam() == 32 && !harness::why_no_32_bit_programs().empty()) {
      GTEST_SKIP() << harness::why_no_32_bit_programs();
    }
  }

  static std::wstring program() { return harness::program(GetParam() == 32 ? L"adversary32.exe" : L"adversary.exe"); }

  static CatcherRun run(std::wstring_view words, std::wstring_view options = {}) {
    return harness::run_catcher(options, program() + L" " + std::wstring(words));
  }
};

INSTANTIATE_TEST_SUITE_P(Bits, Adversary, testing::Values(64, 32), [](const testing::TestParamInfo<int>& row) {
  return "of_" + std::to_string(row.param) + "_bits";
});

std::string all_notes(const nlohmann::json& crash) {
  return crash.contains("notes") ? crash["notes"].dump() : "";
}

void expect_crash(const CatcherRun& run, std::uint32_t code) {
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_EQ(run.crash_code(), code);
  EXPECT_TRUE(run.says_summary());
}

// --- Damage.

struct Damage {
  const wchar_t* words;
  bool stack_is_whole;  // the damage does not reach what catcher unwinds by
};

std::ostream& operator<<(std::ostream& out, const Damage& damage) {
  for (const wchar_t* letter = damage.words; *letter != L'\0'; ++letter) {
    out << static_cast<char>(*letter);
  }
  return out;
}

constexpr Damage kDamages[] = {
    {L"CORRUPT_PEB", true},
    {L"CORRUPT_LOADER_LIST", true},
    {L"ERASE_HEADERS", false},
    {L"HEADER_BEYOND_THE_IMAGE", false},
};

class Damaged : public testing::TestWithParam<std::tuple<Damage, int>> {};

TEST_P(Damaged, a_process_still_has_a_crash_report) {
  const auto& [damage, bits] = GetParam();
  if (bits == 32 && !harness::why_no_32_bit_programs().empty()) {
    GTEST_SKIP() << harness::why_no_32_bit_programs();
  }
  const CatcherRun run = harness::run_catcher(
      {}, harness::program(bits == 32 ? L"adversary32.exe" : L"adversary.exe") + L" " + damage.words + L" CRASH");
  SCOPED_TRACE(run.describe());
  expect_crash(run, kAccessViolation);
  EXPECT_EQ(run.crash()["exception"]["target"], "0x0");
  ASSERT_GE(harness::frames_of(run.crash()).size(), 2U);
  EXPECT_EQ(harness::frames_of(run.crash())[0].value("module", ""), bits == 32 ? "adversary32.exe" : "adversary.exe");
  EXPECT_TRUE(run.crash().contains("registers"));
  if (damage.stack_is_whole) {
    EXPECT_TRUE(harness::stack_leads_through(run.crash(), {"write_null", "run_words", "wmain"}));
  }
}

INSTANTIATE_TEST_SUITE_P(Damages, Damaged, testing::Combine(testing::ValuesIn(kDamages), testing::Values(64, 32)),
                         [](const auto& row) {
                           const std::wstring words = std::get<0>(row.param).words;
                           std::string name;
                           for (const wchar_t letter : words) {
                             name += static_cast<char>(letter);
                           }
                           return name + "_in_" + std::to_string(std::get<1>(row.param)) + "_bits";
                         });

// What the process makes of its fault is its own: it may die in its own dispatcher first.
void expect_some_memory_crash(const CatcherRun& run) {
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_FALSE(harness::frames_of(run.crash()).empty());
  EXPECT_TRUE(run.crash().contains("bucket"));
}

TEST_P(Adversary, headers_that_lie_leave_a_crash) {
  const CatcherRun result = run(L"HOSTILE_HEADERS CRASH");
  SCOPED_TRACE(result.describe());
  expect_some_memory_crash(result);
}

TEST_P(Adversary, an_overwritten_stack_leaves_a_crash_and_says_that_it_ends) {
  const CatcherRun result = run(L"CORRUPT_STACK");
  SCOPED_TRACE(result.describe());
  expect_some_memory_crash(result);
  EXPECT_TRUE(result.crash().contains("stack_end"));
}

TEST_P(Adversary, a_stack_of_circles_is_walked_to_an_end) {
  const CatcherRun result = run(L"STACK_OF_CIRCLES");
  SCOPED_TRACE(result.describe());
  expect_some_memory_crash(result);
}

TEST_P(Adversary, a_thread_that_lies_about_its_stack_leaves_a_crash) {
  const CatcherRun result = run(L"CORRUPT_STACK_BOUNDS CRASH");
  SCOPED_TRACE(result.describe());
  expect_some_memory_crash(result);
}

// Faults after the first one are no excuse for losing the first.
TEST_P(Adversary, the_first_of_several_faults_is_named) {
  const CatcherRun result = run(L"CORRUPT_STACK");
  SCOPED_TRACE(result.describe());
  const bool is_first = result.crash()["exception"].value("target", "") == "0x0";
  EXPECT_TRUE(is_first || all_notes(result.crash()).find("write to 0x0") != std::string::npos);
}

TEST_P(Adversary, handles_that_are_none_are_counted_and_passed_over) {
  const CatcherRun result = run(L"CLOSE_ALL_HANDLES 1000 EXIT 7");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 7U);
  EXPECT_GT(result.handled(kInvalidHandle), 500U);
}

TEST_P(Adversary, a_process_without_handles_still_has_a_crash_report) {
  const CatcherRun result = run(L"CLOSE_ALL_HANDLES 1000 CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
}

// --- Floods.

// 100,000 in one kind of process only: under Wine that takes a quarter of a minute.
TEST_P(Adversary, exceptions_without_end_are_counted_one_by_one) {
  const CatcherRun result =
      run(GetParam() == 64 ? L"FLOOD_EXCEPTIONS 100000 EXIT 3" : L"FLOOD_EXCEPTIONS 10000 EXIT 3");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 3U);
  EXPECT_EQ(result.handled(0xE0ADBEEF), GetParam() == 64 ? 100'000U : 10'000U);
}

TEST_P(Adversary, made_up_exception_codes_do_not_make_the_report_grow) {
  const CatcherRun result = run(L"FLOOD_CODES 2000 EXIT 3");
  EXPECT_EQ(result.verdict(), "normal") << result.describe();
  std::uint64_t sum = 0;
  for (const nlohmann::json& entry : result.report["handled_exceptions"]) {
    sum += entry["count"].get<std::uint64_t>();
  }
  EXPECT_EQ(sum, 2000U);
  EXPECT_LT(result.report["handled_exceptions"].size(), 300U);
}

TEST_P(Adversary, hostile_thread_names_are_shown_safely) {
  const CatcherRun result =
      run(GetParam() == 64 ? L"FLOOD_THREAD_NAMES 20000 CRASH" : L"FLOOD_THREAD_NAMES 10000 CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_EQ(result.program.err.find('\x1b'), std::string::npos);
  EXPECT_FALSE(result.crash().value("thread_name", "").empty());
}

TEST_P(Adversary, a_flood_of_debug_output_keeps_its_end_and_is_bounded) {
  const CatcherRun result =
      run(GetParam() == 64 ? L"FLOOD_DEBUG_OUTPUT 20000 CRASH" : L"FLOOD_DEBUG_OUTPUT 5000 CRASH");
  expect_crash(result, kAccessViolation);
  EXPECT_EQ(result.program.err.find('\x1b'), std::string::npos);
  EXPECT_LT(result.report.dump().size(), 1'000'000U);
}

TEST_P(Adversary, debug_strings_that_are_nowhere_do_no_harm) {
  const CatcherRun result = run(L"HOSTILE_DEBUG_STRINGS CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
}

TEST_P(Adversary, made_up_exception_parameters_do_no_harm) {
  const CatcherRun result = run(L"HOSTILE_PARAMETERS CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "wmain"}));
}

// --- Debuggers.

TEST_P(Adversary, the_usual_tricks_find_a_debugger_but_change_nothing) {
  const CatcherRun result = run(L"DETECT_DEBUGGER EXIT 4");
  SCOPED_TRACE(result.describe() + result.program.out);
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 4U);
  EXPECT_THAT(result.program.out, HasSubstr("IsDebuggerPresent yes"));
  // These two tell debuggers by an exception that they swallow, and by one that exists for them only.
  EXPECT_THAT(result.program.out, HasSubstr("INT3 no"));
  EXPECT_THAT(result.program.out, HasSubstr("CloseInvalidHandle no"));
  EXPECT_THAT(result.program.out, HasSubstr("RaisedControlC no"));
}

TEST_P(Adversary, a_hidden_thread_that_crashes_is_a_crash) {
  const CatcherRun result = run(L"HIDE_FROM_DEBUGGER CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
}

TEST_P(Adversary, a_process_that_leaves_its_debugger_does_not_keep_catcher_waiting) {
  const CatcherRun result = run(L"REMOVE_OWN_DEBUGGER EXIT_STATUS 6", L"--timeout 60");
  SCOPED_TRACE(result.describe());
  if (result.program.out.find("removed its debugger: yes") == std::string::npos) {
    EXPECT_EQ(result.verdict(), "normal");
    GTEST_SKIP() << "this system does not let a process leave its debugger";
  }
  EXPECT_TRUE(result.report.contains("warnings"));
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 6U) << "it ran into a breakpoint of catcher's";
}

TEST_P(Adversary, a_process_that_left_its_debugger_is_killed_with_the_rest) {
  const CatcherRun result = run(L"REMOVE_OWN_DEBUGGER HANG", L"--timeout 3");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 124U);
  EXPECT_EQ(result.program.err.find("had not ended"), std::string::npos);
}

TEST_P(Adversary, what_a_nested_debugger_debugs_ends_with_the_tree) {
  const CatcherRun result = run(L"DEBUG_A_COPY HANG", L"--timeout 3");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 124U);
}

TEST_P(Adversary, a_nested_debugger_sees_its_own_debuggee_crash) {
  const CatcherRun result = run(L"DEBUG_A_COPY CRASH");
  SCOPED_TRACE(result.describe());
  EXPECT_THAT(result.program.out, HasSubstr("ended with 0xC0000005"));
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 0U);
}

TEST_P(Adversary, nobody_else_can_attach_to_a_process_of_the_tree) {
  const CatcherRun result = run(L"SPAWN DEBUG_OWN_PARENT EXIT 8");
  SCOPED_TRACE(result.describe());
  EXPECT_THAT(result.program.out, HasSubstr("attached to the parent: no"));
  EXPECT_EQ(result.verdict(), "normal");
}

// --- Ends.

TEST_P(Adversary, a_static_constructor_that_crashes_is_on_the_stack) {
  const CatcherRun result = run(L"IN_STATIC_CONSTRUCTOR");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "CrashesInConstructor"}));
}

TEST_P(Adversary, a_static_destructor_that_crashes_is_on_the_stack) {
  const CatcherRun result = run(L"IN_STATIC_DESTRUCTOR");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "CrashesInDestructor"}));
}

TEST_P(Adversary, a_function_of_atexit_that_crashes_is_on_the_stack) {
  const CatcherRun result = run(L"AT_EXIT");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "crash_at_exit_function", "crash_at_exit"}));
}

// The loader may swallow what happens in a callback of its own.
void expect_crash_or_handled(const CatcherRun& run, std::uint32_t exit_code) {
  if (run.verdict() == "crashed") {
    EXPECT_EQ(run.crash_code(), kAccessViolation);
    return;
  }
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.exit_code, exit_code);
  EXPECT_GE(run.handled(kAccessViolation), 1U);
}

TEST_P(Adversary, a_tls_callback_that_crashes_is_reported_or_counted) {
  const CatcherRun result = run(L"IN_TLS_CALLBACK EXIT 3");
  SCOPED_TRACE(result.describe());
  expect_crash_or_handled(result, 3);
}

TEST_P(Adversary, a_tls_callback_of_a_thread_that_crashes_is_reported_or_counted) {
  const CatcherRun result = run(L"IN_TLS_OF_THREAD EXIT 3");
  SCOPED_TRACE(result.describe());
  expect_crash_or_handled(result, 3);
}

TEST_P(Adversary, a_dll_that_crashes_while_it_is_loaded_is_reported_or_counted) {
  const CatcherRun result = run(L"LOAD_FAULTING_DLL attach EXIT 3");
  SCOPED_TRACE(result.describe());
  expect_crash_or_handled(result, 3);
}

TEST_P(Adversary, a_dll_that_crashes_at_the_end_is_reported_or_counted) {
  const CatcherRun result = run(L"LOAD_FAULTING_DLL detach EXIT 3");
  SCOPED_TRACE(result.describe());
  expect_crash_or_handled(result, 3);
}

TEST_P(Adversary, a_dll_that_aborts_while_it_is_loaded_is_on_the_stack) {
  const CatcherRun result = run(L"LOAD_FAULTING_DLL abort EXIT 3");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 134U);
  EXPECT_EQ(result.crash_kind(), "abort");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"at_attach", "DllMain", "load_faulting_dll"}));
}

TEST_P(Adversary, a_dll_that_never_finishes_loading_is_a_hang_of_the_loader) {
  const CatcherRun result = run(L"LOAD_FAULTING_DLL hang EXIT 3", L"--timeout 2");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 124U);
  EXPECT_EQ(result.report["hang"]["cause"], "loader");
}

TEST(FaultingImport, has_the_stack_of_the_dll_that_killed_it) {
  const CatcherRun run = harness::run_catcher({}, harness::program(L"faulting_import.exe"));
  SCOPED_TRACE(run.describe());
  expect_crash(run, kAccessViolation);
  EXPECT_EQ(run.crash()["exception"]["module"], "faulting_dll.dll");
  EXPECT_TRUE(harness::stack_leads_through(run.crash(), {"fault", "DllMain"}));
  EXPECT_TRUE(run.crash().contains("registers"));
}

TEST_P(Adversary, a_crash_after_the_first_thread_has_ended_is_a_crash) {
  const CatcherRun result = run(L"DETACHED_THREAD CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "run_words"}));
}

TEST_P(Adversary, an_exit_while_a_handler_has_a_fault_in_hand_is_normal) {
  const CatcherRun result = run(L"EXIT_WHILE_HANDLING 9");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.verdict(), "normal");
  EXPECT_EQ(result.program.exit_code, 9U);
  EXPECT_EQ(result.handled(kAccessViolation), 1U);
}

TEST_P(Adversary, an_exit_in_a_race_with_crashes_is_the_one_or_the_other) {
  const CatcherRun result = run(L"EXIT_WHILE_CRASHING 9");
  SCOPED_TRACE(result.describe());
  if (result.verdict() == "crashed") {
    EXPECT_EQ(result.crash_code(), kAccessViolation);
  } else {
    EXPECT_EQ(result.verdict(), "normal");
    EXPECT_EQ(result.program.exit_code, 9U);
  }
}

TEST_P(Adversary, an_exception_thrown_inside_a_handler_is_a_crash_where_it_was_thrown) {
  const CatcherRun result = run(L"THROW_IN_HANDLER");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.program.exit_code, 134U);
  EXPECT_EQ(result.crash_kind(), "abort");
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"throw_once"}));
}

TEST_P(Adversary, three_hundred_threads_do_not_hide_the_one_that_crashed) {
  const CatcherRun result = run(L"WAITING_THREADS 300 CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_EQ(result.crash()["threads"].size(), 300U);
  EXPECT_TRUE(harness::stack_leads_through(result.crash(), {"write_null", "wmain"}));
}

TEST_P(Adversary, a_suspended_thread_is_called_suspended) {
  const CatcherRun result = run(L"SUSPENDED_THREAD HANG", L"--timeout 2");
  SCOPED_TRACE(result.describe());
  EXPECT_EQ(result.report["hang"]["cause"], "idle");
  const auto& threads = result.report["hang"]["threads"];
  EXPECT_TRUE(std::any_of(threads.begin(), threads.end(),
                          [](const nlohmann::json& thread) { return thread.value("state", "") == "is suspended"; }));
}

TEST_P(Adversary, that_deletes_its_own_file_still_has_a_crash_report) {
  const std::filesystem::path copy = harness::scratch_directory() / "short lived.exe";
  std::filesystem::copy_file(harness::bin_directory() / (GetParam() == 32 ? "adversary32.exe" : "adversary.exe"), copy);
  const CatcherRun result = harness::run_catcher({}, L"\"" + copy.wstring() + L"\" DELETE_OWN_FILE CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_THAT(result.program.out, HasSubstr("its own file: gone"));
  EXPECT_EQ(result.crash()["exception"]["module"], "short lived.exe");
  EXPECT_GE(harness::frames_of(result.crash()).size(), 4U);
}

// --- Attacks on catcher and on those above.

TEST_P(Adversary, that_kills_catcher_takes_its_own_tree_with_it) {
  // No report: nobody is left to write one. The harness looks for survivors.
  harness::RunSettings settings;
  settings.time_to_die = std::chrono::seconds(30);
  const harness::ProgramResult result =
      harness::run_program(harness::program(L"catcher.exe") + L" -- " + program() + L" KILL_PARENT HANG", settings);
  EXPECT_FALSE(result.limit_hit);
  EXPECT_TRUE(result.survivors.empty());
}

TEST_P(Adversary, that_kills_its_parent_is_still_watched) {
  const CatcherRun result = run(L"SPAWN KILL_PARENT CRASH");
  SCOPED_TRACE(result.describe());
  expect_crash(result, kAccessViolation);
  EXPECT_EQ(result.crash()["pid"], result.process(1)["pid"]);
  EXPECT_EQ(result.process(0)["ended"], "killed");
}

}  // namespace
