// The pages for a browser: what stands in them, that they are well formed whatever a debuggee's text was, and that
// nothing in them runs or is fetched.

#include "report/html_report.h"
#include "report/html_charts.h"
#include "report/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "golden.h"
#include "report_samples.h"

namespace catcher {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TextOptions with_source() {
  TextOptions options;
  options.source_line = [](const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    return file == "crash_test.cpp" && line >= 38 && line <= 44
               ? std::optional<std::string>(line == 41 ? "  *p = 1;  // <b>&" : "// line " + std::to_string(line))
               : std::nullopt;
  };
  return options;
}

// All that a debuggee might try in a browser.
std::string hostile_markup() {
  std::string text = "</title></style></script><script>document.title='forged'</script><img src=x onerror=alert(1)>";
  text += "\"'><svg onload=alert(1)> javascript:alert(1) <!-- ]]> &lt; \x1b[31m \xff\xfe \xE2\x80\xAE\r\n";
  return text;
}

RunReport hostile_report() {
  const std::string hostile = hostile_markup();
  RunReport report = samples::memory_of_a_leak();
  const RunReport crash = samples::crash_of_a_child();
  report.processes = crash.processes;
  report.crashes = crash.crashes;
  report.hang = samples::timeout_of_a_tree().hang;
  report.command_line = report.summary = report.catcher_version = hostile;
  report.warnings = {hostile};
  report.captured = CapturedOutput{};
  report.captured->out.tail = report.captured->error.tail = report.captured->error.problem = hostile;
  report.debug_output.lines = {{7, milliseconds(3), hostile, 2}};
  report.handled_exceptions = {{0xC0000005, hostile, 4}};
  for (ProcessRecord& process : report.processes) {
    process.image = process.command_line = hostile;
  }
  for (Crash& each : report.crashes) {
    each.image = each.summary = each.bucket = each.severity = each.why = each.rule = each.thread_name = hostile;
    each.minidump = each.instruction = each.instruction_note = each.assertion = each.missing = hostile;
    each.debug_strings = each.notes = {hostile};
    for (Frame& frame : each.stack.frames) {
      frame.module = frame.function = frame.file = hostile;
    }
    for (ModuleRecord& module : each.modules) {
      module.path = module.symbols = hostile;
    }
  }
  for (ProcessMemoryReport& process : report.memory->processes) {
    process.image = process.problem = process.snapshot->headline = hostile;
    for (MappedSize& file : process.snapshot->files) {
      file.name = hostile;
    }
  }
  return report;
}

pugi::xml_document parsed(const std::string& page) {
  pugi::xml_document document;
  const auto result = document.load_buffer(page.data(), page.size(), pugi::parse_full, pugi::encoding_utf8);
  EXPECT_TRUE(result) << result.description() << ": " << page.substr(static_cast<std::size_t>(result.offset), 200);
  return document;
}

// Every element and attribute that stands in a page.
struct Names : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_element) {
      elements.insert(node.name());
      for (const pugi::xml_attribute& attribute : node.attributes()) {
        attributes.insert(attribute.name());
      }
    }
    return true;
  }
  std::set<std::string> elements;
  std::set<std::string> attributes;
};

Names names_in(const std::string& page) {
  const pugi::xml_document document = parsed(page);
  Names names;
  document.child("html").traverse(names);
  return names;
}

TEST(HtmlReport, the_samples_are_as_in_their_golden_files) {
  expect_golden(to_html(samples::crash_of_a_child(), with_source()), "crash.html");
  expect_golden(to_html(samples::timeout_of_a_tree()), "timeout.html");
  expect_golden(to_html(samples::deep_recursion()), "recursion.html");
  expect_golden(to_html(samples::memory_of_a_leak()), "memory.html");
  expect_golden(to_html(samples::leak_above_its_limit()), "leak.html");
  expect_golden(to_html(hostile_report()), "hostile.html");
}

TEST(HtmlReport, no_text_of_a_debuggee_becomes_markup) {
  const Names names = names_in(to_html(hostile_report()));
  EXPECT_THAT(names.elements, testing::IsSupersetOf({"table", "svg", "details", "pre"}));
  EXPECT_EQ(names.elements.count("script"), 0U);
  EXPECT_EQ(names.elements.count("img"), 0U);
  for (const std::string& attribute : names.attributes) {
    EXPECT_FALSE(attribute.starts_with("on")) << attribute;
    EXPECT_NE(attribute, "src");
    EXPECT_NE(attribute, "href");
  }
}

TEST(HtmlReport, every_report_is_well_formed) {
  for (const RunReport& report :
       {samples::normal_end(), samples::crash_of_a_child(), samples::deep_recursion(), samples::timeout_of_a_tree(),
        samples::hostile_text(), samples::exit_with_stack(), samples::quiet_failure(), samples::failed_start(),
        samples::memory_of_a_leak(), RunReport{}}) {
    parsed(to_html(report));
  }
}

TEST(HtmlReport, the_browser_is_forbidden_to_fetch_and_to_run_anything) {
  const std::string page = to_html(samples::crash_of_a_child());
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("script-src")));
  EXPECT_THAT(page, Not(HasSubstr("://")));
}

TEST(HtmlPage, its_own_script_is_the_only_one_that_may_run) {
  // The hash is what `printf 'document.title' | openssl dgst -sha256 -binary | base64` gives.
  const std::string page = html_page({.title = "<x>", .body = "", .style = {}, .script = "document.title"});
  EXPECT_THAT(page, HasSubstr("script-src 'sha256-o3vzFSF4YhB5rDb5tpELAmIlJDq+2XOarY4IDsOum1c='"));
  EXPECT_THAT(page, HasSubstr("<title>&lt;x&gt;</title>"));
}

TEST(HtmlCharts, a_curve_needs_two_samples) {
  EXPECT_EQ(html_memory_chart({}, {}), "");
  EXPECT_EQ(html_memory_chart({{milliseconds(1), 5}}, {}), "");
}

TEST(HtmlCharts, samples_of_one_moment_and_of_no_memory_are_no_division_by_zero) {
  const std::string chart = html_memory_chart({{milliseconds(1), 0}, {milliseconds(1), 0}}, {});
  EXPECT_THAT(chart, HasSubstr("<polyline"));
  EXPECT_THAT(chart, Not(HasSubstr("nan")));
  EXPECT_THAT(chart, Not(HasSubstr("inf")));
}

TEST(HtmlCharts, the_highest_line_of_the_grid_is_not_below_the_highest_sample) {
  const std::string chart = html_memory_chart({{milliseconds(0), 1'000}, {milliseconds(100), 3ULL << 30U}}, {});
  EXPECT_THAT(chart, HasSubstr(">3.0 GB</text>"));
  EXPECT_THAT(chart, HasSubstr(">0</text>"));
}

TEST(HtmlCharts, an_impossible_time_stays_within_the_axis) {
  RunReport report;
  report.duration = milliseconds(10);
  ProcessRecord process;
  process.start = milliseconds(5);
  process.end = milliseconds(2);
  report.processes = {process};
  EXPECT_THAT(html_process_axis(report), HasSubstr("width:0.00%"));
}

}  // namespace
}  // namespace catcher
