// --log-dir, --quiet-target, --stdin: what a target writes is kept whole, and nobody can make catcher wait for more.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include "win32/unique_handle.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using harness::CatcherRun;
using harness::RunSettings;

CatcherRun catch_writer(const std::wstring& words, const std::wstring& options, const RunSettings& settings = {}) {
  return harness::run_catcher(options, harness::program(L"stream_writer.exe") + L" " + words, settings);
}

std::filesystem::path log_directory() {
  return harness::scratch_directory() / "logs";
}

std::wstring log_option() {
  return L"--log-dir \"" + log_directory().wstring() + L"\"";
}

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

void expect_one_line(const harness::ProgramResult& result, std::string_view mentions) {
  EXPECT_EQ(result.exit_code, 125U);
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_NE(result.err.find(mentions), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "") << "the target has run";
}

TEST(Capture, writes_both_streams_to_files_and_passes_them_on) {
  const CatcherRun run = catch_writer(L"say first say_err trouble say last", log_option());
  EXPECT_EQ(run.program.out, "first\nlast\n");
  EXPECT_EQ(run.program.err, "trouble\n");
  EXPECT_EQ(run.program.exit_code, 0U);
  EXPECT_EQ(content(log_directory() / "stdout.txt"), "first\nlast\n");
  EXPECT_EQ(content(log_directory() / "stderr.txt"), "trouble\n");
  const auto& captured = run.report["captured"];
  EXPECT_EQ(captured["stdout"]["bytes"], 11);
  EXPECT_EQ(captured["stdout"]["tail"], "first\nlast\n");
  EXPECT_EQ(captured["stderr"]["tail"], "trouble\n");
  EXPECT_FALSE(captured["stdout"].contains("problem"));
}

TEST(Capture, keeps_a_quiet_target_quiet) {
  const CatcherRun run = catch_writer(L"say something say_err else", L"--quiet-target");
  EXPECT_EQ(run.program.out, "");
  EXPECT_EQ(run.program.err, "");
  EXPECT_EQ(run.report["captured"]["stdout"]["tail"], "something\n");
  EXPECT_EQ(run.report["captured"]["stderr"]["tail"], "else\n");
}

TEST(Capture, shows_the_end_of_what_a_quiet_target_wrote_before_it_failed) {
  const CatcherRun run = catch_writer(L"say something say_err why wrong", L"--quiet-target");
  EXPECT_NE(run.program.exit_code, 0U);
  EXPECT_EQ(run.program.out, "");
  EXPECT_NE(run.program.err.find("stderr of the target\n    why\n"), std::string::npos) << run.program.err;
  const CatcherRun passed_on = catch_writer(L"say_err why wrong", log_option());
  EXPECT_EQ(passed_on.program.err, "why\n");
}

TEST(Capture, shows_the_output_of_a_quiet_target_that_was_killed) {
  const CatcherRun run = catch_writer(L"say started sleep 100000", L"--quiet-target --timeout 3");
  EXPECT_EQ(run.program.exit_code, 124U);
  EXPECT_NE(run.program.err.find("stdout of the target\n    started\n"), std::string::npos) << run.program.err;
}

TEST(Capture, is_not_made_where_nobody_asked) {
  EXPECT_FALSE(catch_writer(L"say x", L"").report.contains("captured"));
}

TEST(Capture, every_byte_arrives_as_it_is) {
  const CatcherRun run = catch_writer(L"binary", log_option());
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all += static_cast<char>(i);
  }
  EXPECT_EQ(run.program.out, all);
  EXPECT_EQ(content(log_directory() / "stdout.txt"), all);
}

TEST(Capture, a_lot_arrives_whole_and_the_report_holds_the_end_of_it) {
  constexpr std::uint64_t kMuch = 20'000'000;
  const CatcherRun run = catch_writer(L"out 20000000 err 1000000", log_option());
  EXPECT_EQ(run.program.out.size(), kMuch);
  EXPECT_EQ(std::filesystem::file_size(log_directory() / "stdout.txt"), kMuch);
  EXPECT_EQ(content(log_directory() / "stdout.txt"), run.program.out);
  const auto& captured = run.report["captured"]["stdout"];
  EXPECT_EQ(captured["bytes"], kMuch);
  EXPECT_EQ(captured["tail"], run.program.out.substr(kMuch - 65536));
}

TEST(Capture, output_before_a_crash_and_of_a_child_is_kept) {
  const CatcherRun run = catch_writer(L"say parent child say child crash", log_option());
  EXPECT_EQ(run.verdict(), "crashed");
  const std::string log = content(log_directory() / "stdout.txt");
  EXPECT_NE(log.find("parent\n"), std::string::npos);
  EXPECT_NE(log.find("child\n"), std::string::npos);
}

TEST(Capture, of_a_32_bit_target_is_the_same) {
  if (!std::filesystem::exists(harness::bin_directory() / "stream_writer32.exe")) {
    GTEST_SKIP() << "no 32-bit stream_writer was built";
  }
  const CatcherRun run = harness::run_catcher(log_option(), harness::program(L"stream_writer32.exe") + L" out 100000");
  if (run.verdict() == "start_failed") {
    GTEST_SKIP() << "32-bit programs do not run here";
  }
  EXPECT_EQ(run.report["captured"]["stdout"]["bytes"], 100000);
}

TEST(Capture, of_a_program_without_a_console_is_the_same) {
  const CatcherRun run = harness::run_catcher(
      log_option(), harness::program(L"stream_writer_gui.exe") + L" say first say_err trouble child say last");
  EXPECT_NE(run.program.out.find("first\n"), std::string::npos) << run.describe();
  EXPECT_NE(run.program.out.find("last\n"), std::string::npos) << run.describe();
  EXPECT_EQ(content(log_directory() / "stdout.txt"), run.program.out);
  EXPECT_EQ(content(log_directory() / "stderr.txt"), "trouble\n");
  EXPECT_FALSE(run.report["captured"]["stdout"].contains("problem"));
}

// catcher with nothing behind its own standard streams, as a service or a program with a window starts it.
std::uint32_t run_catcher_without_streams(const std::wstring& words, HANDLE instead) {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = startup.hStdOutput = startup.hStdError = instead;
  std::wstring command_line = harness::program(L"catcher.exe") + L" " + words;
  PROCESS_INFORMATION created{};
  DWORD exit_code = 0;
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, FALSE, DETACHED_PROCESS, nullptr, nullptr,
                     &startup, &created) == 0) {
    ADD_FAILURE() << "CreateProcessW: " << GetLastError();
    return 0;
  }
  const catcher::UniqueHandle process(created.hProcess);
  const catcher::UniqueHandle thread(created.hThread);
  EXPECT_EQ(WaitForSingleObject(process.get(), 90'000), WAIT_OBJECT_0) << "catcher does not end";
  TerminateProcess(process.get(), 1);
  GetExitCodeProcess(process.get(), &exit_code);
  return exit_code;
}

TEST(Capture, by_a_catcher_without_streams_of_its_own_is_whole) {
  // None, and a number behind which there is nothing.
  for (HANDLE instead : {HANDLE{nullptr}, INVALID_HANDLE_VALUE, reinterpret_cast<HANDLE>(std::uintptr_t{0x7F00})}) {
    const auto file = harness::scratch_directory() / "report.json";
    const std::uint32_t exit_code =
        run_catcher_without_streams(log_option() + L" --report \"" + file.wstring() + L"\" -- " +
                                        harness::program(L"stream_writer.exe") + L" say first say_err trouble crash",
                                    instead);
    EXPECT_EQ(exit_code, 139U);
    EXPECT_EQ(content(log_directory() / "stdout.txt"), "first\n");
    EXPECT_EQ(content(log_directory() / "stderr.txt"), "trouble\n");
    const auto report = nlohmann::json::parse(content(file), nullptr, false);
    EXPECT_EQ(report.value("verdict", ""), "crashed") << content(file);
    EXPECT_FALSE(report.contains("warnings")) << report["warnings"];
  }
}

TEST(Capture, somebody_who_lives_on_with_the_stream_does_not_hang_it) {
  RunSettings settings;
  settings.time_to_die = std::chrono::seconds(30);  // the child, which is let go
  const CatcherRun run =
      catch_writer(L"say before child sleep 4000", log_option() + L" --on-root-exit detach", settings);
  EXPECT_EQ(run.program.out, "before\n");
  EXPECT_EQ(run.report["captured"]["stdout"]["tail"], "before\n");
  EXPECT_EQ(run.report["captured"]["stdout"]["problem"],
            "its end was not awaited: a process outside the tree still holds the pipe");
}

TEST(Capture, makes_every_missing_level_of_the_directory) {
  const auto deep = harness::scratch_directory() / "a" / "b \u00e4" / "c";
  const CatcherRun run = catch_writer(L"say x", L"--log-dir \"" + deep.wstring() + L"\"");
  EXPECT_EQ(run.program.exit_code, 0U) << run.describe();
  EXPECT_EQ(content(deep / "stdout.txt"), "x\n");
}

TEST(Capture, writes_over_the_files_of_the_last_run) {
  catch_writer(L"say a_long_line_of_before", log_option());
  catch_writer(L"say x", log_option());
  EXPECT_EQ(content(log_directory() / "stdout.txt"), "x\n");
}

TEST(Capture, a_directory_that_cannot_be_made_is_one_line_and_nothing_runs) {
  const auto file = harness::scratch_directory() / "file";
  std::ofstream(file) << "in the way";
  const std::wstring target = L" -- " + harness::program(L"stream_writer.exe") + L" say x";
  const std::string remedy = "; name a directory";
  for (const auto& path : {file, file / "below"}) {
    const auto result = harness::run_catcher_words(L"--log-dir \"" + path.wstring() + L"\"" + target);
    expect_one_line(result, "--log-dir");
    expect_one_line(result, remedy);
  }
  std::filesystem::create_directories(log_directory() / "stdout.txt");
  expect_one_line(harness::run_catcher_words(log_option() + target), "stdout.txt");
  expect_one_line(harness::run_catcher_words(log_option() + target), remedy);
}

TEST(Capture, stdin_comes_from_a_file) {
  const auto file = harness::scratch_directory() / "input";
  const std::string text("bytes\0of\r\ninput", 15);
  std::ofstream(file, std::ios::binary) << text;
  const CatcherRun run = catch_writer(L"stdin", L"--stdin \"" + file.wstring() + L"\"");
  EXPECT_EQ(run.program.out, text);
  EXPECT_FALSE(run.report.contains("captured"));
  EXPECT_TRUE(run.report["surroundings"].contains("stdin"));
}

TEST(Capture, a_stdin_file_that_is_not_there_is_one_line_and_nothing_runs) {
  const std::wstring target = L" -- " + harness::program(L"stream_writer.exe") + L" say x";
  expect_one_line(harness::run_catcher_words(L"--stdin no_such_file" + target), "--stdin no_such_file");
  expect_one_line(harness::run_catcher_words(L"--stdin no_such_file" + target), "; name a file");
  expect_one_line(harness::run_catcher_words(L"--stdin \"" + harness::scratch_directory().wstring() + L"\"" + target),
                  "is a directory");
}

TEST(Capture, too_much_output_ends_the_run_and_the_log_stops_at_the_limit) {
  const CatcherRun run = catch_writer(L"out 50000000 sleep 60000", log_option() + L" --max-output 1M");
  EXPECT_EQ(run.verdict(), "limit") << run.describe();
  EXPECT_EQ(run.program.exit_code, 137U);
  EXPECT_EQ(std::filesystem::file_size(log_directory() / "stdout.txt"), std::uint64_t{1} << 20);
}

}  // namespace
