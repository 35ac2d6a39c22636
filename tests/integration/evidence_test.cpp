// What a report shows of a crash: the stack, the fault, the exception, the threads, in JSON and in text.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::find_frame;
using harness::frames_of;
using harness::stack_leads_through;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

harness::RunSettings in_bin_directory() {
  harness::RunSettings settings;
  settings.directory = harness::bin_directory().wstring();
  return settings;
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(Stack, of_an_access_violation_leads_from_the_fault_to_main_with_files_and_lines) {
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION");
  SCOPED_TRACE(run.describe());
  EXPECT_TRUE(stack_leads_through(run.crash(), {"write_null", "run_words", "main"}));
  const json fault = frames_of(run.crash()).at(0);
  EXPECT_THAT(fault.value("function", ""), HasSubstr("write_null"));
  EXPECT_THAT(fault.value("file", ""), EndsWith("memory.cpp"));
  EXPECT_GT(fault.value("line", 0), 0);
  EXPECT_EQ(fault["source"], "context");
  EXPECT_EQ(fault["module"], "crash_test.exe");
}

TEST(Stack, in_the_text_has_function_file_and_source_line) {
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION");
  EXPECT_THAT(run.program.err, HasSubstr("write_null at "));
  EXPECT_THAT(run.program.err, HasSubstr("memory.cpp:"));
  EXPECT_THAT(run.program.err, HasSubstr("| *null_pointer = 1;"));
}

TEST(Stack, of_a_called_null_pointer_names_the_caller) {
  const CatcherRun run = catch_crash_test(L"CALL_NULL");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(frames_of(run.crash()).at(0)["address"], "0x0");
  EXPECT_TRUE(stack_leads_through(run.crash(), {"call_null", "run_words", "main"}));
  EXPECT_THAT(run.crash().value("summary", ""), HasSubstr("call_null"));
}

TEST(Stack, of_an_overflow_is_cut_in_the_middle_and_counts_what_there_was) {
  const CatcherRun run = catch_crash_test(L"STACK_OVERFLOW_SMALL_FRAMES");
  SCOPED_TRACE(run.describe());
  EXPECT_LE(frames_of(run.crash()).size(), 256U);
  EXPECT_GT(run.crash().value("frames_total", 0), 1000);
  EXPECT_TRUE(stack_leads_through(run.crash(), {"recurse_with_small_frames", "run_words", "main"}));
}

TEST(Stack, of_an_overflow_is_folded_in_the_text) {
  const CatcherRun run = catch_crash_test(L"STACK_OVERFLOW_SMALL_FRAMES");
  EXPECT_THAT(run.program.err, HasSubstr("times in a row"));
  EXPECT_LT(count_lines(run.program.err), 60U);
}

TEST(Stack, of_a_recursion_of_two_functions_folds_both_together) {
  const CatcherRun run = catch_crash_test(L"STACK_OVERFLOW_PING_PONG");
  EXPECT_THAT(run.program.err, HasSubstr("the 2 frames above stand here"));
  EXPECT_TRUE(stack_leads_through(run.crash(), {"recurse_pong", "recurse_ping", "recurse_pong"}));
}

TEST(Stack, that_was_smashed_says_why_it_ends) {
  const CatcherRun run = catch_crash_test(L"SMASHED_STACK");
  SCOPED_TRACE(run.describe());
  EXPECT_FALSE(run.crash().value("stack_end", "").empty());
  EXPECT_THAT(frames_of(run.crash()).at(0).value("function", ""), HasSubstr("smashed_stack"));
  EXPECT_THAT(run.program.err, HasSubstr("(the stack ends here: "));
}

TEST(Stack, of_a_smashed_return_address_marks_what_was_found_by_scanning) {
  const CatcherRun run = catch_crash_test(L"SMASHED_RETURN_ADDRESS");
  SCOPED_TRACE(run.describe());
  EXPECT_FALSE(run.crash().value("stack_end", "").empty());
  // Behind the place itself, and what was inlined there.
  const json frames = frames_of(run.crash());
  const auto caller =
      std::find_if(frames.begin() + 1, frames.end(), [](const json& f) { return f["source"] != "inline"; });
  ASSERT_NE(caller, frames.end());
  EXPECT_EQ((*caller)["source"], "scan");
  EXPECT_THAT(run.program.err, HasSubstr("(found by scanning)"));
}

TEST(Fault, has_registers_instruction_and_operand) {
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION");
  SCOPED_TRACE(run.describe());
  const json crash = run.crash();
  EXPECT_EQ(crash["registers"].value("rip", ""), crash["exception"].value("address", "?"));
  EXPECT_NE(harness::hex_number(crash["registers"]["rsp"]), 0U);
  EXPECT_THAT(crash.value("instruction", ""), HasSubstr("mov dword ptr ["));
  EXPECT_THAT(crash.value("instruction_note", ""), HasSubstr("write of 4 bytes to ["));
  EXPECT_THAT(crash.value("target_region", ""), HasSubstr("null"));
}

TEST(Fault, of_a_called_null_pointer_shows_the_call) {
  const json crash = catch_crash_test(L"CALL_NULL").crash();
  EXPECT_THAT(crash.value("instruction", ""), HasSubstr("call "));
  EXPECT_THAT(crash.value("instruction_note", ""), HasSubstr("call to a null pointer"));
}

TEST(Fault, in_freed_memory_is_called_that) {
  EXPECT_THAT(catch_crash_test(L"USE_AFTER_FREE").crash().value("target_region", ""), HasSubstr("free memory"));
}

TEST(Fault, at_a_non_canonical_address_shows_the_operand_that_held_it) {
  const json crash = catch_crash_test(L"READ_NONCANONICAL").crash();
  EXPECT_THAT(crash.value("instruction_note", ""), HasSubstr("0x4141414141414141"));
}

TEST(Fault, has_severity_rule_and_reason) {
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION");
  EXPECT_EQ(run.crash().value("severity", ""), "medium");
  EXPECT_EQ(run.crash().value("rule", ""), "write-near-null");
  EXPECT_FALSE(run.crash().value("why", "").empty());
  EXPECT_THAT(run.program.err, HasSubstr("medium: " + run.crash().value("why", "") + " [write-near-null]"));
}

TEST(Fault, shows_what_the_process_told_its_debugger_just_before) {
  const CatcherRun run = catch_crash_test(L"DEBUG_PRINT \"h\u00e9llo there\" CRASH");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.crash()["debug_strings"], json::array({"h\u00e9llo there"}));
  EXPECT_THAT(run.program.err, HasSubstr("h\u00e9llo there"));
}

TEST(Fault, does_not_show_what_was_told_long_before) {
  EXPECT_FALSE(catch_crash_test(L"DEBUG_PRINT old SLEEP 1500 CRASH").crash().contains("debug_strings"));
}

TEST(Fault, shows_only_the_crashed_process_s_own_debug_strings) {
  const json crash = catch_crash_test(L"DEBUG_PRINT parent SPAWN DEBUG_PRINT child CRASH").crash();
  EXPECT_EQ(crash["debug_strings"], json::array({"child"}));
}

TEST(CxxException, that_nobody_caught_has_type_what_and_the_place_of_the_throw) {
  const CatcherRun run = catch_crash_test(L"CXX_THROW");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.crash()["cxx"].value("type", ""), "std::runtime_error");
  EXPECT_EQ(run.crash()["cxx"].value("what", ""), "crash_test threw this");
  EXPECT_TRUE(stack_leads_through(run.crash(), {"terminate", "throw_cxx", "main"}));
  EXPECT_THAT(run.crash().value("summary", ""), HasSubstr("std::runtime_error: crash_test threw this"));
  EXPECT_THAT(run.program.err, HasSubstr("std::runtime_error: crash_test threw this"));
}

TEST(CxxException, of_type_int_has_its_type) {
  EXPECT_EQ(catch_crash_test(L"CXX_THROW_INT").crash()["cxx"].value("type", ""), "int");
}

TEST(CxxException, of_microsofts_binary_interface_has_type_and_what) {
  if (!std::filesystem::exists(harness::bin_directory() / "msvc_throw.exe")) {
    GTEST_SKIP() << "msvc_throw.exe was not built: no clang, lld-link or llvm-dlltool";
  }
  const CatcherRun run = harness::run_catcher({}, harness::program(L"msvc_throw.exe"));
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.crash_code(), 0xE06D7363U);
  EXPECT_EQ(run.crash()["cxx"].value("type", ""), "app::ParseError");
  EXPECT_EQ(run.crash()["cxx"].value("what", ""), "line 3: unexpected end");
  EXPECT_TRUE(stack_leads_through(run.crash(), {"RaiseException", "app::parse", "entry"}));
}

TEST(CxxException, that_was_caught_long_ago_is_not_blamed_for_an_abort) {
  const CatcherRun run = catch_crash_test(L"HANDLED_THROW 1 ABORT");
  EXPECT_FALSE(run.crash().contains("cxx")) << run.describe();
}

TEST(Abort, by_terminate_without_an_exception_shows_who_called_it) {
  const CatcherRun run = catch_crash_test(L"TERMINATE");
  SCOPED_TRACE(run.describe());
  EXPECT_FALSE(run.crash().contains("cxx"));
  EXPECT_TRUE(stack_leads_through(run.crash(), {"terminate", "call_terminate", "main"}));
}

TEST(Abort, by_an_assertion_has_its_text_and_place) {
  const CatcherRun run = catch_crash_test(L"ASSERT 42");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.crash().value("assertion", ""), "the_answer == 42, endings.cpp:42");
  EXPECT_TRUE(stack_leads_through(run.crash(), {"failed_assertion", "main"}));
  EXPECT_THAT(run.program.err, HasSubstr("the_answer == 42, endings.cpp:42"));
}

TEST(FailFast, has_the_name_of_its_subcode) {
  const CatcherRun run = catch_crash_test(L"FAIL_FAST");
  EXPECT_THAT(run.crash()["exception"].value("detail", ""), HasSubstr("FAST_FAIL_FATAL_APP_EXIT")) << run.describe();
}

TEST(ExitStack, of_an_error_status_leads_to_who_ended_the_process) {
  const CatcherRun run = catch_crash_test(L"EXIT_STATUS 0xC0000374");
  SCOPED_TRACE(run.describe());
  EXPECT_TRUE(stack_leads_through(run.crash(), {"TerminateProcess", "exit_status", "main"}));
  EXPECT_TRUE(stack_leads_through(run.process(0)["exit_stack"], {"TerminateProcess", "exit_status", "main"}));
}

TEST(ExitStack, of_another_code_is_there_when_it_was_asked_for) {
  const CatcherRun run = catch_crash_test(L"EXIT 7", L"--exit-stack");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 7U);
  EXPECT_TRUE(stack_leads_through(run.process(0)["exit_stack"], {"exit", "exit_with", "main"}));
  EXPECT_THAT(run.program.err, HasSubstr("exit_with"));
}

TEST(ExitStack, is_not_there_unasked) {
  EXPECT_FALSE(catch_crash_test(L"EXIT 7").process(0).contains("exit_stack"));
}

TEST(ExitStack, of_exit_0_is_never_there) {
  EXPECT_FALSE(catch_crash_test(L"EXIT 0", L"--exit-stack").process(0).contains("exit_stack"));
}

TEST(MissingDll, of_the_target_is_named_and_the_target_cannot_start) {
  const CatcherRun run = harness::run_catcher({}, harness::program(L"missing_import.exe"));
  EXPECT_EQ(run.program.exit_code, 126U);
  EXPECT_THAT(run.report.value("start_failure", ""), HasSubstr("missing_part.dll"));
  EXPECT_THAT(run.program.err, HasSubstr("missing_part.dll"));
}

TEST(MissingDll, of_a_child_is_a_crash_that_names_it) {
  const CatcherRun run = catch_crash_test(L"RUN missing_import.exe", {}, in_bin_directory());
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash_code(), 0xC0000135U);
  EXPECT_THAT(run.crash().value("missing", ""), HasSubstr("missing_part.dll"));
  EXPECT_THAT(run.crash().value("summary", ""), Not(HasSubstr("NtTerminateProcess")));
}

TEST(Threads, are_named_by_the_old_way) {
  const CatcherRun run = catch_crash_test(L"NAME_THREAD \"the boss\" CRASH");
  EXPECT_EQ(run.crash().value("thread_name", ""), "the boss") << run.describe();
  EXPECT_THAT(run.program.err, HasSubstr("\"the boss\""));
}

TEST(Threads, are_named_by_SetThreadDescription) {
  const CatcherRun run = catch_crash_test(L"DESCRIBE_THREAD \"the painter\" CRASH");
  EXPECT_EQ(run.crash().value("thread_name", ""), "the painter") << run.describe();
}

TEST(Threads, that_did_not_crash_are_shown_with_name_and_stack) {
  const CatcherRun run = catch_crash_test(L"NAME_THREAD waiter THREAD CRASH");
  SCOPED_TRACE(run.describe());
  ASSERT_EQ(run.crash()["threads"].size(), 1U);
  const json waiter = harness::find_thread(run.crash()["threads"], "waiter");
  EXPECT_TRUE(stack_leads_through(waiter, {"WaitForSingleObject", "in_thread", "main"}));
  EXPECT_TRUE(stack_leads_through(run.crash(), {"write_null", "run_in_thread"}));
}

TEST(Threads, three_hundred_that_wait_in_one_place_are_one_line_of_text) {
  const CatcherRun run = catch_crash_test(L"WAITING_THREADS 300 CRASH");
  EXPECT_THAT(run.program.err, HasSubstr("300 threads ("));
  EXPECT_LT(count_lines(run.program.err), 40U);
}

TEST(Threads, three_hundred_that_wait_in_one_place_are_all_in_a_small_report) {
  const CatcherRun run = catch_crash_test(L"WAITING_THREADS 300 CRASH");
  const json threads = run.crash()["threads"];
  ASSERT_EQ(threads.size(), 300U);
  EXPECT_TRUE(stack_leads_through(threads.at(0), {"wait_for_ever"}));
  for (std::size_t i = 1; i < threads.size(); ++i) {
    ASSERT_TRUE(threads.at(i).contains("same_stack_as") || stack_leads_through(threads.at(i), {"wait_for_ever"}));
  }
  EXPECT_LT(run.report.dump(1).size(), 100'000U);
}

}  // namespace
