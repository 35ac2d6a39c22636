// OutputDebugString: whole, in the report, on stderr when asked for, and no flood can hurt.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

using harness::CatcherRun;
using nlohmann::json;

CatcherRun catch_writer(const std::wstring& words, const std::wstring& options = {}) {
  return harness::run_catcher(options, harness::program(L"stream_writer.exe") + L" " + words);
}

std::string text_of(const CatcherRun& run, std::size_t index) {
  return run.report["debug_output"]["lines"].at(index)["text"];
}

TEST(DebugOutput, is_in_the_report_of_a_normal_run) {
  const CatcherRun run = catch_writer(L"debug first debug h\u00e9llo\u4e2d");
  ASSERT_EQ(run.report["debug_output"]["lines"].size(), 2U) << run.describe();
  EXPECT_EQ(text_of(run, 0), "first");
  EXPECT_EQ(text_of(run, 1), "h\xC3\xA9llo\xE4\xB8\xAD");
  EXPECT_EQ(run.report["debug_output"]["lines"][0]["pid"], run.process(0)["pid"]);
  EXPECT_EQ(run.report["debug_output"]["dropped"], 0);
  EXPECT_EQ(run.program.err, "");
}

TEST(DebugOutput, is_absent_where_nothing_was_said) {
  EXPECT_FALSE(catch_writer(L"say x").report.contains("debug_output"));
}

TEST(DebugOutput, is_whole_beyond_64_kib) {
  const CatcherRun run = catch_writer(L"debug_narrow 70000 debug_wide 70001");
  ASSERT_EQ(run.report["debug_output"]["lines"].size(), 2U);
  EXPECT_EQ(text_of(run, 0), std::string(70'000, 'n'));
  EXPECT_EQ(text_of(run, 1), std::string(70'001, 'w'));
}

TEST(DebugOutput, of_a_megabyte_is_cut) {
  const std::string text = text_of(catch_writer(L"debug_wide 1000000"), 0);
  EXPECT_EQ(text.size(), 262'144 + 6);
  EXPECT_TRUE(text.ends_with("w [cut]"));
}

TEST(DebugOutput, is_shown_on_request_with_who_said_it) {
  const CatcherRun run = catch_writer(L"debug \"one \x1b[31m\" debug two", L"--debug-output");
  const std::string pid = std::to_string(run.process(0)["pid"].get<int>());
  EXPECT_EQ(run.program.error_lines(), (std::vector<std::string>{"[" + pid + "] one \\x1b[31m", "[" + pid + "] two"}));
}

TEST(DebugOutput, a_flood_is_counted_to_the_last_and_its_beginning_and_end_are_kept) {
  constexpr std::uint64_t kMany = 20'000;
  const CatcherRun run = catch_writer(L"debug_flood 20000");
  EXPECT_EQ(run.program.exit_code, 0U);
  const json& output = run.report["debug_output"];
  EXPECT_EQ(output["lines"].size() + output["dropped"].get<std::uint64_t>(), kMany);
  EXPECT_EQ(text_of(run, 0), "flood 0");
  std::uint64_t dropped = 0;
  std::uint64_t last = 0;
  for (const json& line : output["lines"]) {
    dropped += line.value("dropped_before", std::uint64_t{0});
    const std::uint64_t number = std::stoull(line["text"].get<std::string>().substr(6));
    EXPECT_TRUE(number == 0 || number > last);
    last = number;
  }
  EXPECT_LE(dropped, output["dropped"].get<std::uint64_t>());
}

TEST(DebugOutput, a_flood_on_stderr_says_what_it_leaves_out) {
  constexpr std::uint64_t kMany = 20'000;
  const CatcherRun run = catch_writer(L"debug_flood 20000", L"--debug-output");
  std::uint64_t shown = 0;
  std::uint64_t left_out = 0;
  for (const std::string& line : run.program.error_lines()) {
    if (line.starts_with("[")) {
      ++shown;
    } else if (line.starts_with("catcher: ")) {
      left_out += std::stoull(line.substr(9));
    }
  }
  EXPECT_EQ(shown + left_out, kMany);
}

TEST(DebugOutput, of_several_processes_is_told_apart) {
  const CatcherRun run = catch_writer(L"debug parent child debug child");
  const json& lines = run.report["debug_output"]["lines"];
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0]["pid"], lines[1]["pid"]);
}

}  // namespace
