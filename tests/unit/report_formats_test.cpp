// The reports for other tools: what stands in them, and that no text of a debuggee can break them.

#include "report/github_annotations.h"
#include "report/junit_report.h"
#include "report/sarif_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "golden.h"
#include "report_samples.h"
#include "schema_check.h"

namespace catcher {
namespace {

using nlohmann::json;

json sarif_schema() {
  std::ifstream file(std::string(CATCHER_SCHEMA_DIR) + "/sarif-2.1.0.json", std::ios::binary);
  return json::parse(file);
}

json sarif_run(const RunReport& report) {
  return json::parse(to_sarif(report))["runs"][0];
}

json location(const json& result) {
  return result["locations"][0]["physicalLocation"];
}

pugi::xml_document parsed(const RunReport& report) {
  pugi::xml_document document;
  const std::string xml = to_junit(report);
  const pugi::xml_parse_result result =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  EXPECT_TRUE(result) << result.description() << " at " << result.offset;
  return document;
}

pugi::xml_node suite(const pugi::xml_document& document) {
  return document.child("testsuites").child("testsuite");
}

// Every byte, the code points that XML and terminals do not like, the markup of every format, and their ends.
std::string hostile_bytes() {
  std::string text;
  for (int i = 0; i < 256; ++i) {
    text += static_cast<char>(i);
  }
  text +=
      "\xEF\xBF\xBE\xEF\xBF\xBF\xED\xA0\x80\xF0\x9F\xBF\xBE\xE2\x80\xAE]]><!--]]>&amp;&#0;<?xml ?></failure><failure>";
  text += "\n::error::forged\r\n::stop-commands::x\n ::add-mask::y\n##[error]z ##[add-path]q [a](http://example) {0} {";
  return text;
}

RunReport hostile_everywhere() {
  const std::string hostile = hostile_bytes();
  RunReport report = samples::crash_of_a_child();
  report.command_line = report.summary = report.catcher_version = report.start_failure = hostile;
  report.warnings = {hostile, hostile};
  CapturedOutput captured;
  captured.out.tail = captured.error.tail = hostile;
  captured.out.bytes = 100'000;
  report.captured = captured;
  for (ProcessRecord& process : report.processes) {
    process.image = process.command_line = hostile;
  }
  Crash& crash = report.crashes.front();
  crash.image = crash.summary = crash.bucket = crash.severity = crash.why = crash.rule = crash.minidump = hostile;
  crash.thread_name = crash.exception->name = hostile;
  for (Frame& frame : crash.stack.frames) {
    frame.module = frame.function = frame.file = hostile;
    frame.line = 0xFFFFFFFF;
  }
  return report;
}

RunReport many_crashes() {
  RunReport report = samples::deep_recursion();
  Crash crash = report.crashes.front();
  report.crashes.clear();
  for (std::uint32_t i = 0; i < 300; ++i) {
    crash.pid = 1000 + 4 * i;
    crash.bucket = "h1:" + std::to_string(i % 7);
    crash.summary = "crash " + std::to_string(i);
    report.crashes.push_back(crash);
  }
  return report;
}

// Every verdict with nothing but its verdict, and with every part there but empty.
std::vector<RunReport> bare_reports() {
  std::vector<RunReport> reports;
  for (int verdict = 0; verdict <= static_cast<int>(Verdict::kDefect); ++verdict) {
    RunReport report;
    report.verdict = static_cast<Verdict>(verdict);
    reports.push_back(report);
    report.crashes = {Crash{}};
    report.hang = Hang{};
    report.limit = LimitHit{};
    report.captured = CapturedOutput{};
    report.processes = {ProcessRecord{}};
    reports.push_back(report);
  }
  return reports;
}

std::vector<RunReport> all_reports() {
  std::vector<RunReport> reports = bare_reports();
  reports.insert(reports.end(), {samples::normal_end(), samples::crash_of_a_child(), samples::deep_recursion(),
                                 samples::timeout_of_a_tree(), samples::hostile_text(), samples::exit_with_stack(),
                                 samples::failed_start(), samples::handle_story(), samples::leak_above_its_limit(),
                                 hostile_everywhere(), many_crashes()});
  return reports;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(JunitReport, the_samples_are_as_in_their_golden_files) {
  expect_golden(to_junit(samples::normal_end()), "normal.junit.xml");
  expect_golden(to_junit(samples::crash_of_a_child()), "crash.junit.xml");
  expect_golden(to_junit(samples::timeout_of_a_tree()), "timeout.junit.xml");
  expect_golden(to_junit(samples::hostile_text()), "hostile.junit.xml");
  expect_golden(to_junit(samples::failed_start()), "failed_start.junit.xml");
  expect_golden(to_junit(samples::handle_story()), "handles.junit.xml");
  expect_golden(to_junit(samples::leak_above_its_limit()), "leak.junit.xml");
}

TEST(JunitReport, a_normal_end_is_a_test_that_passed) {
  const pugi::xml_document document = parsed(samples::normal_end());
  EXPECT_STREQ(suite(document).attribute("tests").value(), "1");
  EXPECT_STREQ(suite(document).attribute("failures").value(), "0");
  EXPECT_STREQ(suite(document).child("testcase").attribute("name").value(), "crash_test.exe spawn crash");
  EXPECT_FALSE(suite(document).child("testcase").first_child());
}

TEST(JunitReport, what_was_never_tested_is_an_error_and_no_failure) {
  for (const Verdict verdict : {Verdict::kStartFailed, Verdict::kInterrupted}) {
    RunReport report;
    report.verdict = verdict;
    const pugi::xml_document document = parsed(report);
    EXPECT_STREQ(suite(document).attribute("errors").value(), "1");
    EXPECT_STREQ(suite(document).attribute("failures").value(), "0");
    EXPECT_TRUE(suite(document).child("testcase").child("error"));
  }
}

TEST(JunitReport, every_verdict_against_the_target_is_a_failure) {
  for (const Verdict verdict : {Verdict::kCrashed, Verdict::kTimeout, Verdict::kLimit, Verdict::kDefect}) {
    RunReport report;
    report.verdict = verdict;
    const pugi::xml_document document = parsed(report);
    EXPECT_STREQ(suite(document).attribute("failures").value(), "1");
    EXPECT_TRUE(suite(document).child("testcase").child("failure"));
  }
}

TEST(JunitReport, every_crash_has_a_test_case_whose_name_no_other_has) {
  const pugi::xml_document document = parsed(many_crashes());
  std::set<std::string> names;
  for (const pugi::xml_node test : suite(document).children("testcase")) {
    names.insert(test.attribute("name").value());
    EXPECT_EQ(std::distance(test.children("failure").begin(), test.children("failure").end()), 1);
  }
  EXPECT_EQ(names.size(), 300U);
  EXPECT_STREQ(suite(document).attribute("failures").value(), "300");
}

TEST(JunitReport, a_quoted_program_is_named_without_its_directory) {
  RunReport report;
  report.command_line = R"("C:\Program Files\my app\app.exe"   --x "y z" )";
  EXPECT_STREQ(suite(parsed(report)).child("testcase").attribute("name").value(), "app.exe --x \"y z\"");
  report.command_line = R"("C:\never closed\app.exe)";
  EXPECT_STREQ(suite(parsed(report)).child("testcase").attribute("name").value(), "app.exe");
  report.command_line = "";
  EXPECT_STREQ(suite(parsed(report)).child("testcase").attribute("name").value(), "target");
}

TEST(JunitReport, captured_output_stands_in_the_test_case_with_its_lines) {
  RunReport report = samples::normal_end();
  CapturedOutput captured;
  captured.out.tail = "one\r\n\ttwo\x1b[31m\n";
  captured.out.bytes = 1000;
  captured.error.tail = "]]>";
  captured.error.bytes = 3;
  report.captured = captured;
  const pugi::xml_document document = parsed(report);
  const pugi::xml_node test = suite(document).child("testcase");
  EXPECT_STREQ(test.child("system-out").child_value(), "... 985 bytes before were not kept\none\n\ttwo\\x1b[31m\n");
  EXPECT_STREQ(test.child("system-err").child_value(), "]]>");
}

TEST(JunitReport, it_is_well_formed_and_has_legal_characters_only_whatever_the_report_holds) {
  for (const RunReport& report : all_reports()) {
    parsed(report);
    for (const char c : to_junit(report)) {
      ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    }
  }
}

TEST(JunitReport, hostile_text_adds_no_element) {
  const pugi::xml_document document = parsed(hostile_everywhere());
  EXPECT_EQ(std::distance(suite(document).begin(), suite(document).end()), 2);
  const pugi::xml_node test = suite(document).child("testcase");
  EXPECT_EQ(std::distance(test.begin(), test.end()), 3);
}

TEST(SarifReport, the_samples_are_as_in_their_golden_files) {
  expect_golden(to_sarif(samples::normal_end()), "normal.sarif");
  expect_golden(to_sarif(samples::crash_of_a_child()), "crash.sarif");
  expect_golden(to_sarif(samples::timeout_of_a_tree()), "timeout.sarif");
  expect_golden(to_sarif(samples::hostile_text()), "hostile.sarif");
  expect_golden(to_sarif(samples::failed_start()), "failed_start.sarif");
  expect_golden(to_sarif(samples::handle_story()), "handles.sarif");
  expect_golden(to_sarif(samples::leak_above_its_limit()), "leak.sarif");
}

TEST(SarifReport, it_keeps_to_the_public_schema_whatever_the_report_holds) {
  const json schema = sarif_schema();
  for (const RunReport& report : all_reports()) {
    EXPECT_EQ(check_against_schema(json::parse(to_sarif(report)), schema), "");
  }
}

// GitHub's documentation, "SARIF support for code scanning": what it calls required.
TEST(SarifReport, every_result_has_what_github_asks_for) {
  for (const RunReport& report : all_reports()) {
    const json run = sarif_run(report);
    const json& rules = run["tool"]["driver"]["rules"];
    for (const json& rule : rules) {
      for (const char* text : {"shortDescription", "fullDescription", "help"}) {
        EXPECT_FALSE(rule[text]["text"].get<std::string>().empty());
      }
    }
    for (const json& result : run["results"]) {
      EXPECT_EQ(rules.at(result["ruleIndex"].get<std::size_t>())["id"], result["ruleId"]);
      EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
      EXPECT_FALSE(location(result)["artifactLocation"]["uri"].get<std::string>().empty());
      for (const char* number : {"startLine", "startColumn", "endLine", "endColumn"}) {
        EXPECT_GE(location(result)["region"][number].get<std::int64_t>(), 1);
        EXPECT_LE(location(result)["region"][number].get<std::int64_t>(), 0x7FFFFFFF);
      }
    }
  }
}

TEST(SarifReport, the_place_is_the_first_frame_of_the_bucket_that_has_a_line) {
  RunReport report = samples::crash_of_a_child();
  std::vector<Frame>& frames = report.crashes.front().stack.frames;
  frames[0].in_bucket = false;
  frames[1].file = R"(D:\a b\#1\x%41.cpp)";
  const json place = location(sarif_run(report)["results"][0]);
  EXPECT_EQ(place["artifactLocation"]["uri"], "file:///D:/a%20b/%231/x%2541.cpp");
  EXPECT_EQ(place["region"]["startLine"], 48);
}

TEST(SarifReport, without_a_source_line_the_place_is_the_program_and_the_bucket_the_fingerprint) {
  RunReport report = samples::crash_of_a_child();
  for (Frame& frame : report.crashes.front().stack.frames) {
    frame.file.clear();
  }
  const json result = sarif_run(report)["results"][0];
  EXPECT_EQ(location(result)["artifactLocation"]["uri"], "file:///C:/build/bin/crash_test.exe");
  EXPECT_EQ(result["partialFingerprints"]["catcherBucket/v1"], "h1:0123456789abcdef.fedcba9876543210");
  EXPECT_EQ(result["partialFingerprints"]["primaryLocationLineHash"], "h1:0123456789abcdef.fedcba9876543210");
}

TEST(SarifReport, a_message_holds_neither_a_link_nor_a_placeholder_of_the_debuggee) {
  RunReport report = samples::crash_of_a_child();
  report.crashes.front().summary = "main::{lambda()#1} [press here](http://example) operator[](int)";
  EXPECT_EQ(sarif_run(report)["results"][0]["message"]["text"],
            "main::{{lambda()#1}} [press here] (http://example) operator[] (int)");
}

TEST(SarifReport, what_was_never_tested_is_an_unsuccessful_invocation_without_results) {
  const json run = sarif_run(samples::failed_start());
  EXPECT_TRUE(run["results"].empty());
  EXPECT_FALSE(run["invocations"][0]["executionSuccessful"].get<bool>());
  EXPECT_EQ(run["invocations"][0]["processStartFailureMessage"], "nowhere.exe was not found");
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "error");
}

TEST(SarifReport, a_status_as_exit_code_is_negative_as_in_a_shell) {
  RunReport report = samples::crash_of_a_child();
  report.exit_code = 0xC0000005;
  EXPECT_EQ(sarif_run(report)["invocations"][0]["exitCode"], -1073741819);
}

TEST(SarifReport, three_hundred_crashes_of_seven_buckets_have_seven_stacks) {
  const json run = sarif_run(many_crashes());
  std::size_t stacks = 0;
  for (const json& result : run["results"]) {
    stacks += result.contains("stacks") ? 1U : 0U;
  }
  EXPECT_EQ(run["results"].size(), 300U);
  EXPECT_EQ(stacks, 7U);
}

TEST(SarifSchema, the_check_refuses_what_is_wrong) {
  const json schema = sarif_schema();
  const json right = json::parse(to_sarif(samples::crash_of_a_child()));
  ASSERT_EQ(check_against_schema(right, schema), "");
  const std::array<json, 10> patches = {
      json{{"op", "replace"}, {"path", "/version"}, {"value", "2.0.0"}},
      json{{"op", "remove"}, {"path", "/runs/0/tool"}},
      json{{"op", "remove"}, {"path", "/runs/0/results/0/message"}},
      json{{"op", "replace"}, {"path", "/runs/0/results/0/level"}, {"value", "fatal"}},
      json{{"op", "replace"}, {"path", "/runs/0/results/0/message"}, {"value", json::object()}},  // anyOf
      json{{"op", "add"}, {"path", "/runs/0/results/0/place"}, {"value", "here"}},                // no such field
      json{{"op", "replace"}, {"path", "/runs/0/results/0/rank"}, {"value", 101}},
      json{{"op", "replace"}, {"path", "/runs/0/invocations/0/startTimeUtc"}, {"value", "today"}},
      json{{"op", "replace"},
           {"path", "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"},
           {"value", "C:\\x y.cpp"}},
      json{{"op", "add"},
           {"path", "/runs/0/results/0/stacks/-"},
           {"value", right["runs"][0]["results"][0]["stacks"][0]}},
  };
  for (const json& patch : patches) {
    EXPECT_NE(check_against_schema(right.patch(json::array({patch})), schema), "") << patch;
  }
}

TEST(GithubAnnotations, the_samples_are_as_in_their_golden_files) {
  expect_golden(to_github_annotations(samples::crash_of_a_child()), "crash.github.txt");
  expect_golden(to_github_annotations(samples::hostile_text()), "hostile.github.txt");
  expect_golden(to_github_annotations(samples::leak_above_its_limit()), "leak.github.txt");
}

TEST(GithubAnnotations, a_normal_end_says_nothing) {
  EXPECT_EQ(to_github_annotations(samples::normal_end()), "");
}

TEST(GithubAnnotations, a_path_and_a_title_are_encoded_as_properties) {
  RunReport report = samples::crash_of_a_child();
  report.warnings.clear();
  report.crashes.front().stack.frames[0].file = R"(C:\a,b\100%.cpp)";
  const std::string text = to_github_annotations(report);
  EXPECT_TRUE(text.starts_with("::error file=C%3A\\a%2Cb\\100%25.cpp,line=41,title=crash_test.exe%3A ")) << text;
}

TEST(GithubAnnotations, hostile_text_begins_no_command_of_its_own) {
  const std::vector<std::string> lines = lines_of(to_github_annotations(hostile_everywhere()));
  EXPECT_EQ(lines.size(), 3U);  // a crash and two warnings
  for (const std::string& line : lines) {
    EXPECT_TRUE(line.starts_with("::error ") || line.starts_with("::warning ")) << line;
    EXPECT_EQ(line.find("##["), std::string::npos) << line;
    EXPECT_EQ(line.find('\r'), std::string::npos) << line;
    EXPECT_LT(line.size(), 20'000U);
  }
}

TEST(GithubAnnotations, the_first_of_every_bucket_comes_before_the_repetitions) {
  const std::vector<std::string> lines = lines_of(to_github_annotations(many_crashes()));
  ASSERT_EQ(lines.size(), 300U);
  std::set<std::string> buckets;
  for (std::size_t i = 0; i < 7; ++i) {
    buckets.insert(lines[i].substr(lines[i].rfind("%0A")));
  }
  EXPECT_EQ(buckets.size(), 7U);
}

}  // namespace
}  // namespace catcher
