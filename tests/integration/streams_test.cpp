// What belongs to the target passes through untouched: its standard streams, its command line, its environment.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::RunSettings;

TEST(Streams, stdout_of_the_target_arrives_alone) {
  const CatcherRun run = catch_crash_test(L"print hello");
  EXPECT_EQ(run.program.out, "hello\n");
  EXPECT_EQ(run.program.err, "");
}

TEST(Streams, stderr_of_the_target_arrives_alone) {
  const CatcherRun run = catch_crash_test(L"print_error trouble");
  EXPECT_EQ(run.program.out, "");
  EXPECT_EQ(run.program.err, "trouble\n");
}

TEST(Streams, stdin_reaches_the_target) {
  RunSettings settings;
  settings.stdin_text = std::string("bytes\0with\r\nzeros", 17);
  EXPECT_EQ(catch_crash_test(L"echo_stdin", {}, settings).program.out, settings.stdin_text);
}

TEST(Streams, stdin_reaches_a_grandchild) {
  RunSettings settings;
  settings.stdin_text = "for the last one";
  EXPECT_EQ(catch_crash_test(L"spawn spawn echo_stdin", {}, settings).program.out, settings.stdin_text);
}

TEST(Streams, an_output_of_a_mebibyte_arrives_whole) {
  EXPECT_EQ(catch_crash_test(L"print_many 16384").program.out.size(), 16384U * 64U);
}

TEST(Streams, non_ascii_output_is_not_touched) {
  EXPECT_EQ(catch_crash_test(L"print \u00e4\u4e2d\U0001F600").program.out, "\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\n");
}

TEST(Streams, output_before_a_crash_arrives) {
  const CatcherRun run = catch_crash_test(L"print before crash");
  EXPECT_EQ(run.program.out, "before\n");
  EXPECT_EQ(run.verdict(), "crashed");
}

TEST(Streams, the_target_sees_pipes_where_catcher_was_given_pipes) {
  const std::wstring target = harness::program(L"argument_echo.exe") + L" --standard-handles";
  EXPECT_EQ(harness::run_catcher({}, target).program.out, harness::run_program(target).out);
}

TEST(Environment, the_targets_environment_is_that_of_catcher) {
  RunSettings settings;
  settings.environment = {{L"CRASH_TEST_VALUE", L"v\u00e4lue with = and \"quotes\""}};
  EXPECT_EQ(catch_crash_test(L"print_environment CRASH_TEST_VALUE", {}, settings).program.out,
            "v\xC3\xA4lue with = and \"quotes\"\n");
}

TEST(Environment, the_debug_heap_is_off_by_default) {
  EXPECT_EQ(catch_crash_test(L"print_environment _NO_DEBUG_HEAP").program.out, "1\n");
}

TEST(Environment, the_debug_heap_is_kept_on_request) {
  EXPECT_EQ(catch_crash_test(L"print_environment _NO_DEBUG_HEAP", L"--debug-heap").program.out, "\n");
}

TEST(Environment, no_error_dialog_can_stop_the_target_or_its_children) {
  const UINT before = SetErrorMode(SEM_NOOPENFILEERRORBOX);
  const std::string inherited = harness::run_program(harness::program(L"crash_test.exe") + L" print_error_mode").out;
  SetErrorMode(before);
  if ((std::stoul(inherited) & SEM_NOOPENFILEERRORBOX) == 0) {
    GTEST_SKIP() << "children do not inherit the error mode on this system";
  }
  for (const wchar_t* const words : {L"print_error_mode", L"spawn print_error_mode"}) {
    const unsigned mode = static_cast<unsigned>(std::stoul(catch_crash_test(words).program.out));
    EXPECT_NE(mode & SEM_FAILCRITICALERRORS, 0U);
    EXPECT_NE(mode & SEM_NOGPFAULTERRORBOX, 0U);
  }
}

// The command line that the target sees when catcher was given `arguments` behind it.
std::wstring seen_by_target(const std::wstring& command_line) {
  const std::filesystem::path file = harness::scratch_directory() / "seen";
  RunSettings settings;
  settings.environment = {{L"ARGUMENT_ECHO_FILE", file.wstring()}};
  const CatcherRun run = harness::run_catcher({}, command_line, settings);
  EXPECT_EQ(run.program.exit_code, 0U) << run.describe();
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  std::wstring text(bytes.size() / sizeof(wchar_t), L'\0');
  std::memcpy(text.data(), bytes.data(), text.size() * sizeof(wchar_t));
  return text;
}

class CommandLine : public testing::TestWithParam<const wchar_t*> {};

TEST_P(CommandLine, arrives_byte_for_byte) {
  const std::wstring command_line = harness::program(L"argument_echo.exe") + GetParam();
  EXPECT_EQ(seen_by_target(command_line), command_line);
}

INSTANTIATE_TEST_SUITE_P(Tails, CommandLine,
                         testing::Values(L"", L" ", L" plain words", L" \"\"", L" \"\" \"\" last", L" \"a b\" c",
                                         L" a\\ b\\\\", L" \"a\\\\\" b", L" \"a\\\"b\" \\\"c", L"   many    spaces   ",
                                         L" a\tb", L" unbalanced \"quote", L" -- --report x -- --", L" --timeout 5",
                                         L" \u00e4\u00f6\u00fc \u4e2d\u6587 \U0001F600", L" lone\xD800surrogate",
                                         L" %PATH% ^& | > < !", L" * ?", L" 'single'", L" @response"));

TEST(CommandLine, of_32000_characters_arrives_byte_for_byte) {
  std::wstring command_line = harness::program(L"argument_echo.exe") + L" ";
  while (command_line.size() < 32'000) {
    command_line += L"0123456789 ";
  }
  EXPECT_EQ(seen_by_target(command_line), command_line);
}

TEST(CommandLine, may_name_the_program_without_quotes_or_extension) {
  RunSettings settings;
  settings.directory = harness::bin_directory().wstring();
  EXPECT_EQ(harness::run_catcher({}, L"crash_test exit 5", settings).program.exit_code, 5U);
}

}  // namespace
