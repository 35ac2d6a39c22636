#include "report/json_report.h"
#include "report/text_report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "golden.h"
#include "report_samples.h"

namespace catcher {
namespace {

TextOptions with_source() {
  TextOptions options;
  options.source_line = [](const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    return file == "crash_test.cpp" && line == 41 ? std::optional<std::string>("  *p = 1;") : std::nullopt;
  };
  return options;
}

TextOptions full() {
  TextOptions options;
  options.full = true;
  return options;
}

TextOptions colour() {
  TextOptions options;
  options.colour = true;
  return options;
}

TEST(TextReport, a_normal_end_says_nothing) {
  EXPECT_EQ(to_text(samples::normal_end()), "");
}

TEST(TextReport, a_normal_end_says_its_warnings) {
  RunReport report = samples::normal_end();
  report.warnings = {"something"};
  EXPECT_EQ(to_text(report), "catcher: warning: something\n");
}

TEST(TextReport, a_normal_end_in_full_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::normal_end(), full()), "normal_full.txt");
}

TEST(TextReport, a_crash_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::crash_of_a_child(), with_source()), "crash.txt");
}

TEST(TextReport, a_crash_in_full_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::crash_of_a_child(), full()), "crash_full.txt");
}

TEST(TextReport, a_crash_in_colour_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::crash_of_a_child(), colour()), "crash_colour.txt");
}

TEST(TextReport, deep_recursion_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::deep_recursion()), "recursion.txt");
}

TEST(TextReport, a_timeout_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::timeout_of_a_tree()), "timeout.txt");
}

TEST(TextReport, hostile_text_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::hostile_text(), full()), "hostile_full.txt");
}

TEST(TextReport, an_exit_with_its_stack_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::exit_with_stack()), "exit_stack.txt");
}

TEST(TextReport, a_failure_of_a_quiet_target_shows_the_end_of_its_output) {
  expect_golden(to_text(samples::quiet_failure()), "quiet_failure.txt");
}

TEST(TextReport, a_failure_of_a_quiet_target_in_full_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::quiet_failure(), full()), "quiet_failure_full.txt");
}

TEST(TextReport, output_that_was_passed_on_is_not_said_twice) {
  RunReport report = samples::quiet_failure();
  report.captured->passed_through = true;
  EXPECT_EQ(to_text(report), "");
}

TEST(TextReport, a_quiet_target_that_ends_well_stays_quiet) {
  RunReport report = samples::quiet_failure();
  report.exit_code = 0;
  EXPECT_EQ(to_text(report), "");
}

TEST(TextReport, without_a_word_on_stderr_the_end_of_stdout_is_shown) {
  RunReport report = samples::quiet_failure();
  report.captured->error = {};
  EXPECT_NE(to_text(report).find("\nend of the stdout of the target\n    step 1\n    step 2\n"), std::string::npos);
}

TEST(TextReport, a_line_without_end_shows_its_end) {
  RunReport report = samples::quiet_failure();
  report.captured->error.tail = "begin" + std::string(5000, '.') + "end";
  const std::string text = to_text(report);
  EXPECT_EQ(text.find("begin"), std::string::npos);
  EXPECT_NE(text.find("...end\n"), std::string::npos);
}

TEST(TextReport, what_was_found_about_handles_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::handle_story()), "handles.txt");
}

TEST(TextReport, where_the_memory_went_is_as_in_its_golden_file) {
  expect_golden(to_text(samples::memory_of_a_leak()), "memory.txt");
  expect_golden(to_text(samples::memory_of_a_leak(), full()), "memory_full.txt");
  expect_golden(to_text(samples::leak_above_its_limit()), "leak.txt");
}

TEST(TextReport, a_failed_start_is_one_line) {
  EXPECT_EQ(to_text(samples::failed_start()), "catcher: nowhere.exe was not found\n");
}

TEST(JsonReport, a_normal_end_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::normal_end()), "normal.json");
}

TEST(JsonReport, a_crash_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::crash_of_a_child()), "crash.json");
}

TEST(JsonReport, what_was_found_about_handles_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::handle_story()), "handles.json");
}

TEST(JsonReport, where_the_memory_went_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::memory_of_a_leak()), "memory.json");
}

TEST(JsonReport, an_exit_with_its_stack_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::exit_with_stack()), "exit_stack.json");
}

TEST(JsonReport, a_failed_start_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::failed_start()), "failed_start.json");
}

TEST(JsonReport, a_timeout_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::timeout_of_a_tree()), "timeout.json");
}

TEST(JsonReport, hostile_text_is_as_in_its_golden_file) {
  expect_golden(to_json(samples::hostile_text()), "hostile.json");
}

}  // namespace
}  // namespace catcher
