// --env, --cwd, --strict-handles, --run-as-is: what the target finds when it starts.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

using harness::CatcherRun;
using harness::RunSettings;
using nlohmann::json;

CatcherRun catch_writer(const std::wstring& words, const std::wstring& options, const RunSettings& settings = {}) {
  return harness::run_catcher(options, harness::program(L"stream_writer.exe") + L" " + words, settings);
}

TEST(Surroundings, a_variable_is_added) {
  const CatcherRun run = catch_writer(L"variable NEW_ONE variable EMPTY_ONE variable NO_SUCH",
                                      L"--env \"NEW_ONE=v\u00e4l=ue\" --env EMPTY_ONE=");
  EXPECT_EQ(run.program.out, "'v\xC3\xA4l=ue'\n''\nnot set\n");
  EXPECT_EQ(run.report["surroundings"]["environment"],
            json::parse(R"([{"name": "NEW_ONE", "value": "v\u00e4l=ue"}, {"name": "EMPTY_ONE", "value": ""}])"));
}

TEST(Surroundings, the_last_of_two_values_wins_over_what_was_there_whatever_the_case) {
  RunSettings settings;
  settings.environment = {{L"Some_Variable", L"inherited"}};
  const CatcherRun run =
      catch_writer(L"variable SOME_VARIABLE", L"--env some_variable=1 --env SOME_VARIABLE=2", settings);
  EXPECT_EQ(run.program.out, "'2'\n");
}

TEST(Surroundings, a_variable_of_the_user_decides_about_the_debug_heap) {
  EXPECT_EQ(catch_writer(L"variable _NO_DEBUG_HEAP", L"--env _no_debug_heap=0").program.out, "'0'\n");
}

TEST(Surroundings, the_target_starts_in_the_directory) {
  const auto directory = harness::scratch_directory() / "some where";
  std::filesystem::create_directories(directory);
  const CatcherRun run = catch_writer(L"directory", L"--cwd \"" + directory.wstring() + L"\"");
  EXPECT_NE(run.program.out.find("some where\n"), std::string::npos) << run.describe();
  EXPECT_TRUE(run.report["surroundings"]["directory"].get<std::string>().ends_with("some where"));
}

TEST(Surroundings, a_relative_program_counts_from_catchers_own_directory) {
  const auto directory = harness::scratch_directory() / "elsewhere";
  std::filesystem::create_directories(directory);
  RunSettings settings;
  settings.directory = harness::bin_directory().wstring();
  const CatcherRun run =
      harness::run_catcher(L"--cwd \"" + directory.wstring() + L"\"", L".\\stream_writer.exe directory", settings);
  EXPECT_NE(run.program.out.find("elsewhere\n"), std::string::npos) << run.describe();
}

TEST(Surroundings, a_directory_that_is_none_is_one_line_and_nothing_runs) {
  const auto file = harness::scratch_directory() / "file";
  std::ofstream(file) << "no directory";
  for (const std::wstring& word : {std::wstring(L"no_such_directory"), file.wstring()}) {
    const auto result =
        harness::run_catcher_words(L"--cwd \"" + word + L"\" -- " + harness::program(L"stream_writer.exe") + L" say x");
    EXPECT_EQ(result.exit_code, 125U);
    EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
    EXPECT_NE(result.err.find("--cwd"), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST(Surroundings, are_absent_from_the_report_where_nothing_was_changed) {
  EXPECT_FALSE(catch_writer(L"say x", L"").report.contains("surroundings"));
}

// That it is a crash when nobody handles it: DecideException, with_strict_handles_...; not every system raises this
// exception again for the second chance.
TEST(StrictHandles, a_bad_handle_reaches_the_targets_own_handlers) {
  const std::wstring words = L"handler raise 0xC0000008 say end";
  EXPECT_EQ(catch_writer(words, L"").program.out, "end\n") << "it exists only because of the debugger";
  const CatcherRun run = catch_writer(words, L"--strict-handles");
  EXPECT_EQ(run.program.out, "handled\nend\n");
  EXPECT_EQ(run.report["surroundings"]["strict_handles"], true);
}

// The OS was asked for the root alone, and says of the child that it was not.
TEST(StrictHandles, of_the_root_are_not_those_of_its_children) {
  const CatcherRun run = catch_writer(L"child handler raise 0xC0000008 say end", L"--strict-handles");
  EXPECT_EQ(run.program.out, "end\n");
  EXPECT_EQ(run.handled(0xC0000008), 1U) << run.describe();
}

TEST(StrictHandles, without_them_a_bad_handle_is_what_it_is_without_a_debugger) {
  const CatcherRun run = catch_writer(L"bad_handle", L"");
  EXPECT_EQ(run.verdict(), "normal");
  EXPECT_EQ(run.program.out, "false\n");
}

TEST(RunAsIs, a_target_that_asks_for_its_debugger_is_told_that_there_is_none) {
  EXPECT_EQ(catch_writer(L"debugger", L"").program.out, "yes yes 1000\n");
  EXPECT_EQ(catch_writer(L"debugger", L"--run-as-is").program.out, "no no 0\n");
}

TEST(RunAsIs, the_same_in_32_bits) {
  if (!std::filesystem::exists(harness::bin_directory() / "stream_writer32.exe")) {
    GTEST_SKIP() << "no 32-bit stream_writer was built";
  }
  const CatcherRun run = harness::run_catcher(L"--run-as-is", harness::program(L"stream_writer32.exe") + L" debugger");
  if (run.verdict() == "start_failed") {
    GTEST_SKIP() << "32-bit programs do not run here";
  }
  EXPECT_EQ(run.program.out, "no no 0\n");
}

TEST(RunAsIs, crashes_and_debug_strings_are_still_seen) {
  const CatcherRun run = catch_writer(L"debug last_words crash", L"--run-as-is");
  EXPECT_EQ(run.verdict(), "crashed");
  EXPECT_EQ(run.crash_code(), 0xC0000005U);
  EXPECT_EQ(run.crash()["debug_strings"], json::array({"last_words"}));
}

}  // namespace
