// Reports for other tools, as catcher.exe writes them: several at once, to files and to stdout.

#include "harness/programs.h"
#include "harness/run_catcher.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "unit/schema_check.h"
#include "win32/files.h"

namespace {

using harness::ProgramResult;
using harness::run_catcher_words;
using nlohmann::json;

constexpr std::uint32_t kCatcherFailed = 125;
constexpr std::uint32_t kMemoryAccess = 139;

std::wstring target(std::wstring_view words) {
  return L" -- " + harness::program(L"crash_test.exe") + L" " + std::wstring(words);
}

std::filesystem::path scratch(const wchar_t* name) {
  return harness::scratch_directory() / name;
}

std::wstring option(const wchar_t* name, const std::filesystem::path& file) {
  return std::wstring(L" ") + name + L" \"" + file.wstring() + L"\"";
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string check_sarif(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  std::ifstream schema(std::string(CATCHER_SCHEMA_DIR) + "/sarif-2.1.0.json", std::ios::binary);
  return value.is_discarded() ? "no JSON: " + text : catcher::check_against_schema(value, json::parse(schema));
}

pugi::xml_node suite_of(pugi::xml_document& document, const std::string& text) {
  EXPECT_TRUE(document.load_string(text.c_str())) << text;
  return document.child("testsuites").child("testsuite");
}

void expect_one_line(const ProgramResult& result, std::string_view mentions) {
  EXPECT_EQ(result.exit_code, kCatcherFailed) << result.err;
  EXPECT_EQ(result.error_lines().size(), 1U) << result.err;
  EXPECT_NE(result.err.find(mentions), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(Formats, a_crash_is_written_in_all_of_them_at_once) {
  const auto j = scratch(L"r.json");
  const auto x = scratch(L"r.xml");
  const auto s = scratch(L"r.sarif");
  const auto h = scratch(L"r.html");
  const ProgramResult run =
      run_catcher_words(L"--annotate github" + option(L"--report", j) + option(L"--junit", x) + option(L"--sarif", s) +
                        option(L"--html", h) + target(L"ACCESS_VIOLATION"));
  EXPECT_EQ(run.exit_code, kMemoryAccess) << run.err;
  const json report = json::parse(read_file(j));
  const std::string summary = report["summary"];

  pugi::xml_document document;
  const pugi::xml_node failure = suite_of(document, read_file(x)).child("testcase").child("failure");
  EXPECT_STREQ(failure.attribute("type").value(), "EXCEPTION_ACCESS_VIOLATION");
  EXPECT_EQ(failure.attribute("message").value(), summary);
  EXPECT_NE(std::string(failure.child_value()).find("write_null"), std::string::npos) << failure.child_value();

  pugi::xml_document page;
  const std::string html = read_file(h);
  EXPECT_TRUE(page.load_buffer(html.data(), html.size(), pugi::parse_default, pugi::encoding_utf8)) << html;
  EXPECT_EQ(page.child("html").child("body").child("main").child("header").child_value("h1"), summary);
  EXPECT_NE(html.find("*null_pointer = 1;"), std::string::npos) << "the source line is not shown";

  EXPECT_EQ(check_sarif(read_file(s)), "");
  const json result = json::parse(read_file(s))["runs"][0]["results"][0];
  EXPECT_EQ(result["message"]["text"], summary);
  EXPECT_EQ(result["partialFingerprints"]["catcherBucket/v1"], report["crashes"][0]["bucket"]);
  EXPECT_GT(result["locations"][0]["physicalLocation"]["region"]["startLine"].get<int>(), 1);

  EXPECT_TRUE(run.out.starts_with("\n::error file=")) << run.out;
  EXPECT_NE(run.out.find("EXCEPTION_ACCESS_VIOLATION::"), std::string::npos) << run.out;
}

TEST(Formats, a_normal_end_is_a_passed_test_and_no_result_and_no_annotation) {
  const auto x = scratch(L"r.xml");
  const auto s = scratch(L"r.sarif");
  const ProgramResult run = run_catcher_words(L"--annotate github" + option(L"--junit", x) + option(L"--sarif", s) +
                                              target(L"print hello EXIT 3"));
  EXPECT_EQ(run.exit_code, 3U);
  EXPECT_EQ(run.out, "hello\n");
  pugi::xml_document document;
  EXPECT_STREQ(suite_of(document, read_file(x)).attribute("failures").value(), "0");
  EXPECT_EQ(check_sarif(read_file(s)), "");
  EXPECT_TRUE(json::parse(read_file(s))["runs"][0]["results"].empty());
}

TEST(Formats, a_hang_is_a_failure_with_its_stacks) {
  const auto x = scratch(L"r.xml");
  const auto s = scratch(L"r.sarif");
  const ProgramResult run =
      run_catcher_words(L"-q --timeout 2" + option(L"--junit", x) + option(L"--sarif", s) + target(L"SLEEP 60000"));
  EXPECT_EQ(run.exit_code, 124U) << run.err;
  pugi::xml_document document;
  const std::string type =
      suite_of(document, read_file(x)).child("testcase").child("failure").attribute("type").value();
  EXPECT_TRUE(type.starts_with("timeout")) << type;
  EXPECT_EQ(check_sarif(read_file(s)), "");
  const json result = json::parse(read_file(s))["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "hang");
  EXPECT_FALSE(result["stacks"].empty());
}

TEST(Formats, each_goes_to_stdout_on_request) {
  EXPECT_EQ(json::parse(run_catcher_words(L"-q --report -" + target(L"EXIT 3")).out)["verdict"], "normal");
  EXPECT_EQ(check_sarif(run_catcher_words(L"-q --sarif -" + target(L"ABORT")).out), "");
  pugi::xml_document document;
  EXPECT_TRUE(suite_of(document, run_catcher_words(L"-q --junit -" + target(L"ABORT")).out));
}

TEST(Formats, one_that_cannot_be_written_is_named_and_the_others_are_written) {
  const auto s = scratch(L"r.sarif");
  const ProgramResult run =
      run_catcher_words(option(L"--report", scratch(L"no-such") / L"a.json") +
                        option(L"--junit", scratch(L"no-such") / L"b.xml") + option(L"--sarif", s) + target(L"EXIT 0"));
  EXPECT_EQ(run.exit_code, kCatcherFailed);
  EXPECT_EQ(run.error_lines().size(), 2U) << run.err;
  EXPECT_NE(run.err.find("a.json"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("b.xml"), std::string::npos) << run.err;
  EXPECT_EQ(check_sarif(read_file(s)), "");
}

TEST(Formats, a_report_that_cannot_be_written_leaves_the_verdicts_exit_code) {
  const ProgramResult run =
      run_catcher_words(L"-q" + option(L"--junit", scratch(L"no-such") / L"b.xml") + target(L"EXIT 3"));
  EXPECT_EQ(run.exit_code, 3U);
  EXPECT_NE(run.err.find("b.xml"), std::string::npos) << run.err;
}

TEST(Formats, two_reports_for_one_file_are_refused_before_the_target_starts) {
  const auto file = scratch(L"r.json");
  expect_one_line(run_catcher_words(option(L"--report", file) + option(L"--sarif", scratch(L".") / L"R.JSON") +
                                    target(L"print started")),
                  "--report and --sarif name the same file");
  expect_one_line(run_catcher_words(L"--report - --junit -" + target(L"print started")),
                  "--report - and --junit - both want stdout");
  expect_one_line(run_catcher_words(L"--sarif - --annotate github" + target(L"print started")),
                  "--sarif - and --annotate github both want stdout");
}

TEST(Formats, a_hard_link_does_not_hide_that_it_is_one_file) {
  const auto file = scratch(L"one");
  std::ofstream(file) << "x";
  std::filesystem::create_hard_link(file, scratch(L"two"));
  expect_one_line(
      run_catcher_words(option(L"--report", file) + option(L"--junit", scratch(L"two")) + target(L"print started")),
      "name the same file");
}

TEST(Formats, the_target_is_not_overwritten_by_a_report) {
  const auto program = scratch(L"victim.exe");
  std::filesystem::copy_file(harness::bin_directory() / L"argument_echo.exe", program);
  const auto size = std::filesystem::file_size(program);
  expect_one_line(run_catcher_words(option(L"--junit", scratch(L"VICTIM.exe")) + L" -- \"" + program.wstring() + L"\""),
                  "that is the target's program");
  EXPECT_EQ(std::filesystem::file_size(program), size);
}

TEST(Formats, nul_takes_any_number_of_reports) {
  EXPECT_EQ(run_catcher_words(L"-q --report NUL --junit NUL --sarif NUL" + target(L"EXIT 3")).exit_code, 3U);
}

TEST(Formats, everything_may_be_written_as_deep_as_a_ci_server_likes) {
  const std::filesystem::path deep =
      harness::scratch_directory() / std::string(90, 'd') / std::string(90, 'e') / std::string(90, 'f');
  const std::wstring first = L"-q" + option(L"--log-dir", deep / "logs") + target(L"print started");
  const auto there = [](const std::filesystem::path& path) { return read_file(catcher::long_path(path.wstring())); };
  ASSERT_EQ(run_catcher_words(first).exit_code, 0U) << "makes the directories";
  EXPECT_EQ(there(deep / "logs" / "stdout.txt"), "started\n");
  const ProgramResult result =
      run_catcher_words(L"-q" + option(L"--report", deep / "run.json") + option(L"--junit", deep / "run.xml") +
                        option(L"--html", deep / "run.html") + option(L"--dump", deep / "dumps") +
                        option(L"--log-dir", deep / "logs") + target(L"READ_NULL"));
  EXPECT_EQ(result.exit_code, kMemoryAccess);
  EXPECT_EQ(result.err, "");
  const json report = json::parse(there(deep / "run.json"), nullptr, false);
  ASSERT_TRUE(report.is_object());
  EXPECT_NE(report["crashes"][0].value("minidump", ""), "") << report["crashes"][0].value("minidump_error", "");
  EXPECT_NE(there(deep / "run.xml"), "");
  EXPECT_NE(there(deep / "run.html"), "");
}

TEST(Formats, annotations_for_anybody_else_are_refused) {
  expect_one_line(run_catcher_words(L"--annotate gitlab" + target(L"print started")), "give github");
}

TEST(Formats, a_missing_target_is_an_error_of_the_test_and_an_annotation) {
  const auto x = scratch(L"r.xml");
  const ProgramResult run =
      run_catcher_words(L"--annotate github" + option(L"--junit", x) + L" -- no-such-program.exe");
  EXPECT_EQ(run.exit_code, 127U);
  pugi::xml_document document;
  EXPECT_STREQ(suite_of(document, read_file(x)).attribute("errors").value(), "1");
  EXPECT_NE(run.out.find("::error title=not started::"), std::string::npos) << run.out;
}

TEST(Formats, crashes_of_a_tree_are_test_cases_of_their_own) {
  const auto x = scratch(L"r.xml");
  harness::RunSettings settings;
  settings.directory = harness::bin_directory().wstring();
  const ProgramResult run = run_catcher_words(
      L"-q --keep-going" + option(L"--junit", x) +
          L" -- cmd /c \"crash_test.exe ABORT & crash_test.exe ACCESS_VIOLATION & crash_test.exe EXIT 0\"",
      settings);
  EXPECT_EQ(run.exit_code, 134U) << run.err;
  pugi::xml_document document;
  const pugi::xml_node suite = suite_of(document, read_file(x));
  std::set<std::string> names;
  std::vector<std::string> types;
  for (const pugi::xml_node test : suite.children("testcase")) {
    names.insert(test.attribute("name").value());
    types.emplace_back(test.child("failure").attribute("type").value());
  }
  EXPECT_EQ(types, (std::vector<std::string>{"abort", "EXCEPTION_ACCESS_VIOLATION"}));
  EXPECT_EQ(names.size(), 2U);
  EXPECT_STREQ(suite.attribute("tests").value(), "2");
}

}  // namespace
