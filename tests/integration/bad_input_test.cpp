// What cannot work is said in one line, with the documented exit code.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "win32/dynamic_function.h"
#include "win32/unique_handle.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <aclapi.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

namespace {

using harness::CatcherRun;
using harness::ProgramResult;
using harness::run_catcher_words;

constexpr std::uint32_t kCatcherFailed = 125;
constexpr std::uint32_t kCannotStart = 126;
constexpr std::uint32_t kNotFound = 127;

void expect_one_line(const ProgramResult& result, std::uint32_t exit_code, std::string_view mentions) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_NE(result.err.find(mentions), std::string::npos) << "\"" << mentions << "\" is not in: " << result.err;
  EXPECT_EQ(result.out, "");
}

std::filesystem::path write_file(const std::string& name, std::string_view bytes) {
  const std::filesystem::path path = harness::scratch_directory() / name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

ProgramResult start(const std::filesystem::path& target) {
  return run_catcher_words(L"-- \"" + target.wstring() + L"\"");
}

struct Usage {
  const wchar_t* words;
  const char* mentions;
};

constexpr Usage kUsage[] = {
    {L"", "TARGET"},
    {L"--", "TARGET"},
    {L"--timeout 5", "TARGET"},
    {L"--timeout 5 --", "TARGET"},
    {L"--timeot 5 -- x.exe", "--timeout"},
    {L"--first-chanse -- x.exe", "--first-chance"},
    {L"--no-such-thing-at-all -- x.exe", "--no-such-thing-at-all"},
    {L"-x -- x.exe", "-x"},
    {L"--timeout abc -- x.exe", "abc"},
    {L"--timeout -5 -- x.exe", "--timeout"},
    {L"--timeout 5x -- x.exe", "5x"},
    {L"--timeout 99999999999999999999 -- x.exe", "99999999999999999999"},
    {L"--timeout \"\" -- x.exe", "--timeout"},
    {L"--timeout -- x.exe", "--timeout"},
    {L"--report -- x.exe", "--report"},
    {L"--crash-on nonsense -- x.exe", "nonsense"},
    {L"--crash-on 0xC0000005,second -- x.exe", "first"},
    {L"--ignore nonsense -- x.exe", "nonsense"},
    {L"--crash-exit-code many -- x.exe", "many"},
    {L"--crash-on-exit a,b -- x.exe", "--crash-on-exit"},
    {L"x.exe", "'--'"},
    {L"--timeout 5 x.exe args", "'--'"},
};

// gtest prints the row of a failed test.
void PrintTo(const Usage& row, std::ostream* out) {
  *out << testing::PrintToString(std::wstring(row.words));
}

class WrongCommandLine : public testing::TestWithParam<Usage> {};

TEST_P(WrongCommandLine, is_one_line_and_125) {
  expect_one_line(run_catcher_words(GetParam().words), kCatcherFailed, GetParam().mentions);
}

INSTANTIATE_TEST_SUITE_P(Usages, WrongCommandLine, testing::ValuesIn(kUsage));

TEST(WrongCommandLine, a_hostile_option_cannot_control_the_terminal) {
  const ProgramResult result = run_catcher_words(L"\"--\u001b[2J\" -- x.exe");
  EXPECT_EQ(result.exit_code, kCatcherFailed);
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
}

TEST(Target, that_is_not_there_is_127) {
  expect_one_line(run_catcher_words(L"-- no_such_program.exe args"), kNotFound, "no_such_program.exe");
}

TEST(Target, in_a_directory_that_is_not_there_is_127) {
  expect_one_line(run_catcher_words(L"-- C:\\no\\such\\directory\\program.exe"), kNotFound, "program.exe");
}

TEST(Target, with_an_empty_name_is_no_target) {
  const ProgramResult result = run_catcher_words(L"-- \"\"");
  EXPECT_EQ(result.exit_code, kCatcherFailed) << result.err;
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
}

TEST(Target, that_is_not_there_gives_a_report_too) {
  const CatcherRun run = harness::run_catcher({}, L"no_such_program.exe");
  EXPECT_EQ(run.verdict(), "start_failed") << run.describe();
  EXPECT_EQ(run.program.exit_code, kNotFound);
}

TEST(Target, that_is_a_directory_is_126) {
  expect_one_line(start(harness::scratch_directory()), kCannotStart, "directory");
}

TEST(Target, that_is_a_text_file_is_126) {
  expect_one_line(start(write_file("text.exe", "not a program at all\n")), kCannotStart, "text.exe");
}

TEST(Target, that_is_empty_is_126) {
  expect_one_line(start(write_file("empty.exe", "")), kCannotStart, "empty.exe");
}

TEST(Target, that_is_cut_off_is_126) {
  const std::string whole = read_file(harness::bin_directory() / "crash_test.exe");
  expect_one_line(start(write_file("cut.exe", std::string_view(whole).substr(0, 300))), kCannotStart, "cut.exe");
}

// The same program, said to be for another processor.
std::filesystem::path program_for_machine(const std::string& name, std::uint16_t machine) {
  std::string bytes = read_file(harness::bin_directory() / "argument_echo.exe");
  std::uint32_t header = 0;
  std::memcpy(&header, &bytes.at(0x3C), sizeof header);  // IMAGE_DOS_HEADER.e_lfanew
  std::memcpy(&bytes.at(header + 4), &machine, sizeof machine);
  return write_file(name, bytes);
}

TEST(Target, for_arm64_is_126) {
  SYSTEM_INFO system{};
  GetNativeSystemInfo(&system);
  if (system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_ARM64) {
    GTEST_SKIP() << "this machine runs ARM64 programs";
  }
  expect_one_line(start(program_for_machine("arm64.exe", 0xAA64)), kCannotStart, "ARM64");
}

TEST(Target, for_a_processor_that_nobody_has_is_126) {
  expect_one_line(start(program_for_machine("itanium.exe", 0x0200)), kCannotStart, "itanium.exe");
}

TEST(Target, that_may_not_be_executed_is_126) {
  const std::filesystem::path path =
      write_file("forbidden.exe", read_file(harness::bin_directory() / "argument_echo.exe"));
  // An access control list without a single entry: nobody may do anything.
  std::array<std::byte, sizeof(ACL)> bytes{};
  auto* const nobody = reinterpret_cast<ACL*>(bytes.data());
  InitializeAcl(nobody, sizeof(ACL), ACL_REVISION);
  std::wstring name = path.wstring();
  SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                        nullptr, nullptr, nobody, nullptr);
  const catcher::UniqueFile opened(
      CreateFileW(path.c_str(), GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr));
  if (opened) {
    GTEST_SKIP() << "this user may read what nobody may read: the permission cannot be taken away here";
  }
  expect_one_line(start(path), kCannotStart, "forbidden.exe");
}

TEST(Target, whose_dll_is_missing_is_126_and_the_dll_is_named) {
  const CatcherRun run = harness::run_catcher({}, harness::program(L"missing_import.exe"));
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, kCannotStart);
  EXPECT_EQ(run.verdict(), "start_failed");
  EXPECT_NE(run.program.err.find("missing_part.dll"), std::string::npos);
  EXPECT_EQ(run.process(0)["exit_status"], "0xC0000135");
}

TEST(Target, whose_entry_point_is_missing_is_126_and_the_entry_point_is_named) {
  constexpr std::uint32_t kEntryPointNotFound = 0xC0000139;
  const std::wstring target = harness::program(L"missing_entry_point.exe");
  const ProgramResult bare = harness::run_program(harness::program(L"minimal_debug_loop.exe") + L" " + target);
  if (bare.exit_code != kEntryPointNotFound) {
    GTEST_SKIP() << "this system starts programs whose entry points are missing; this one ended with " << std::hex
                 << bare.exit_code;
  }
  const CatcherRun run = harness::run_catcher({}, target);
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, kCannotStart);
  EXPECT_NE(run.program.err.find("partial_part_removed"), std::string::npos);
}

std::wstring with_report(const std::wstring& file, std::wstring_view words) {
  return L"--report " + file + L" -- " + harness::program(L"crash_test.exe") + L" " + std::wstring(words);
}

TEST(ReportPath, that_cannot_be_written_is_125_when_nothing_else_went_wrong) {
  expect_one_line(run_catcher_words(with_report(L"C:\\no\\such\\directory\\report.json", L"exit 0")), kCatcherFailed,
                  "report.json");
}

TEST(ReportPath, that_cannot_be_written_does_not_hide_a_crash) {
  const ProgramResult result = run_catcher_words(with_report(L"C:\\no\\such\\directory\\report.json", L"crash"));
  EXPECT_EQ(result.exit_code, 139U);
  EXPECT_NE(result.err.find("report.json"), std::string::npos);
  EXPECT_NE(result.err.find("EXCEPTION_ACCESS_VIOLATION"), std::string::npos);
}

TEST(ReportPath, that_cannot_be_written_does_not_hide_the_targets_exit_code) {
  EXPECT_EQ(run_catcher_words(with_report(L"C:\\no\\such\\directory\\report.json", L"exit 7")).exit_code, 7U);
}

TEST(ReportPath, that_is_a_directory_is_125) {
  expect_one_line(run_catcher_words(with_report(L"\"" + harness::scratch_directory().wstring() + L"\"", L"exit 0")),
                  kCatcherFailed, "report");
}

TEST(ReportPath, with_non_ascii_letters_is_written) {
  const std::filesystem::path path = harness::scratch_directory() / L"r\u00e4port \u4e2d.json";
  EXPECT_EQ(run_catcher_words(with_report(L"\"" + path.wstring() + L"\"", L"exit 0")).exit_code, 0U);
  EXPECT_TRUE(std::filesystem::exists(path));
}

// The target's part of a command line of `length` characters in all.
std::wstring command_line_of(std::size_t length) {
  std::wstring line = harness::program(L"catcher.exe") + L" -- " + harness::program(L"crash_test.exe") + L" exit 5 ";
  return line + std::wstring(length - line.size(), L' ');
}

// There is no test of a longer one: CreateProcessW refuses it, so that catcher cannot be given one either.
TEST(CommandLineLength, the_longest_possible_one_is_passed_on) {
  EXPECT_EQ(harness::run_program(command_line_of(32'766)).exit_code, 5U);
}

}  // namespace
