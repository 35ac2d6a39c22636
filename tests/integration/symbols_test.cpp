// Where names come from: the program itself, a debug link, a directory that --symbols adds, and none at all.

#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "harness/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace {

using harness::catch_crash_test;
using harness::CatcherRun;
using harness::find_module;
using harness::stack_leads_through;
using testing::HasSubstr;

// A copy of crash_test without symbols, whose debug link leads to a file in another directory.
class StrippedProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(directory() / "stripped.exe")) {
      GTEST_SKIP() << "stripped.exe was not built: no objcopy";
    }
  }

  static std::filesystem::path directory() { return harness::bin_directory() / "stripped"; }

  static CatcherRun crash(std::wstring_view options = {}) {
    return harness::run_catcher(options, L"\"" + (directory() / "stripped.exe").wstring() + L"\" ACCESS_VIOLATION");
  }
};

TEST_F(StrippedProgram, has_module_and_offset_and_the_report_says_why) {
  const CatcherRun run = crash();
  SCOPED_TRACE(run.describe());
  const auto fault = harness::frames_of(run.crash()).at(0);
  EXPECT_FALSE(fault.contains("function"));
  EXPECT_EQ(fault["module"], "stripped.exe");
  EXPECT_NE(harness::hex_number(fault["offset"]), 0U);
  EXPECT_THAT(find_module(run.crash(), "stripped.exe").value("symbols", ""), HasSubstr("stripped.debug"));
}

TEST_F(StrippedProgram, still_has_its_whole_stack) {
  EXPECT_TRUE(stack_leads_through(crash().crash(), {"BaseThreadInitThunk", "RtlUserThreadStart"}));
}

TEST_F(StrippedProgram, has_names_and_lines_from_the_directory_that_symbols_adds) {
  const CatcherRun run = crash(L"--symbols \"" + (directory() / "symbols").wstring() + L"\"");
  SCOPED_TRACE(run.describe());
  EXPECT_TRUE(stack_leads_through(run.crash(), {"write_null", "run_words", "main"}));
  EXPECT_THAT(harness::frames_of(run.crash()).at(0).value("file", ""), testing::EndsWith("memory.cpp"));
  EXPECT_THAT(find_module(run.crash(), "stripped.exe").value("symbols", ""), HasSubstr("stripped.debug"));
}

TEST_F(StrippedProgram, has_the_same_stack_when_the_symbol_directory_is_not_there) {
  const CatcherRun run = crash(L"--symbols \"" + (harness::scratch_directory() / "not there").wstring() + L"\"");
  EXPECT_EQ(run.program.exit_code, 139U) << run.describe();
  EXPECT_FALSE(run.crash()["stack"].empty());
}

TEST(Modules, say_which_symbols_they_have) {
  const CatcherRun run = catch_crash_test(L"ACCESS_VIOLATION");
  SCOPED_TRACE(run.describe());
  EXPECT_THAT(find_module(run.crash(), "crash_test.exe").value("symbols", ""), HasSubstr("DWARF"));
  EXPECT_FALSE(find_module(run.crash(), "ntdll.dll").value("symbols", "").empty());
}

TEST(Modules, that_no_stack_leads_through_are_not_asked_for_symbols) {
  const CatcherRun run = catch_crash_test(L"LOAD_DLL version.dll ACCESS_VIOLATION");
  SCOPED_TRACE(run.describe());
  const auto idle = find_module(run.crash(), "version.dll");
  ASSERT_FALSE(idle.empty());
  EXPECT_FALSE(idle.contains("symbols"));
}

}  // namespace
