// Minidumps: --dump, --dump-type. That another debugger can read them is tests/minidump/.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using testing::HasSubstr;

std::wstring into(const std::filesystem::path& directory) {
  return L"--dump \"" + directory.wstring() + L"\"";
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string first_bytes(const std::filesystem::path& file) {
  std::string bytes(4, '\0');
  std::ifstream(file, std::ios::binary).read(bytes.data(), 4);
  return bytes;
}

TEST(Dump, is_one_file_that_report_and_text_name) {
  const std::filesystem::path directory = harness::scratch_directory();
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION", into(directory));
  SCOPED_TRACE(run.describe());
  const auto files = files_in(directory);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(first_bytes(files[0]), "MDMP");
  const std::string named = run.crash().value("minidump", "");
  EXPECT_THAT(named, testing::EndsWith(files[0].filename().string()));
  EXPECT_TRUE(std::filesystem::exists(named));
  EXPECT_THAT(run.program.err, HasSubstr(named));
}

TEST(Dump, is_small_unless_a_full_one_is_wanted) {
  const std::filesystem::path directory = harness::scratch_directory();
  const CatcherRun small = catch_crash_test(L"ACCESS_VIOLATION", into(directory));
  const CatcherRun full = catch_crash_test(L"ACCESS_VIOLATION", into(directory) + L" --dump-type full");
  const auto small_size = std::filesystem::file_size(small.crash().value("minidump", ""));
  const auto full_size = std::filesystem::file_size(full.crash().value("minidump", ""));
  EXPECT_LT(small_size, 1'000'000U);
  EXPECT_GT(full_size, 2 * small_size);
}

TEST(Dump, of_a_child_is_written_too) {
  const std::filesystem::path directory = harness::scratch_directory();
  const CatcherRun run = catch_crash_test(L"SPAWN ACCESS_VIOLATION", into(directory));
  EXPECT_EQ(files_in(directory).size(), 1U) << run.describe();
}

TEST(Dump, of_two_crashes_are_two_files) {
  const std::filesystem::path directory = harness::scratch_directory();
  const CatcherRun run = catch_crash_test(L"SPAWN_AND_LEAVE CRASH", into(directory) + L" --keep-going");
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(files_in(directory).size(), run.report["crashes"].size());
}

TEST(Dump, is_not_written_without_a_crash) {
  const std::filesystem::path directory = harness::scratch_directory();
  catch_crash_test(L"EXIT 1", into(directory));
  EXPECT_TRUE(files_in(directory).empty());
}

TEST(Dump, that_cannot_be_written_costs_nothing_else) {
  const std::filesystem::path file = harness::scratch_directory() / "a file";
  std::ofstream(file) << "not a directory";
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION", into(file / "below"));
  SCOPED_TRACE(run.describe());
  EXPECT_EQ(run.program.exit_code, 139U);
  EXPECT_FALSE(run.crash().contains("minidump"));
  EXPECT_FALSE(run.crash().value("minidump_error", "").empty());
  EXPECT_FALSE(run.crash()["stack"].empty());
  EXPECT_THAT(run.program.err, HasSubstr("not written: "));
}

}  // namespace
