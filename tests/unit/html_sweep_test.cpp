// The page of a sweep: what stands in it, that no name of an input or text of a debuggee becomes markup, and that it
// stays usable with thousands of buckets. tests/html looks at the same pages in a browser.

#include "report/html_sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include <string>
#include <vector>

#include "golden.h"

namespace catcher {
namespace {

using testing::HasSubstr;
using testing::Not;

Frame frame(const std::string& function, bool in_bucket) {
  Frame result;
  result.pc = {0x140001530};
  result.module = "codec.dll";
  result.offset = 0x1530;
  result.function = function;
  result.file = "decode.cpp";
  result.line = 41;
  result.in_bucket = in_bucket;
  return result;
}

SweepBucket bucket(std::size_t number, SweepOutcome outcome, const std::string& severity) {
  SweepBucket result;
  result.outcome = outcome;
  result.id = "h1:" + std::to_string(number);
  result.directory = "crashes/h1-" + std::to_string(number);
  result.evidence.outcome = outcome;
  result.evidence.severity = severity;
  result.evidence.rule = "write-near-null";
  result.evidence.why = "a write through a null pointer";
  result.evidence.summary = "codec.exe crashed in decode_" + std::to_string(number) + " (decode.cpp:41)";
  result.evidence.stack = {frame("decode_" + std::to_string(number), true), frame("main", false)};
  result.runs = number + 1;
  result.inputs = number + 1;
  result.tries = number + 1;
  result.first_run = 7 * number + 1;
  result.examples = {{"corpus/a" + std::to_string(number) + ".jpg", "000000000012-3f2a.jpg", 12, "3f2a"}};
  result.group = number;
  return result;
}

SweepReport report_of(std::size_t buckets) {
  SweepReport report;
  report.catcher_version = "1.0.0";
  report.command_line = "codec.exe @@";
  report.corpora = {"corpus"};
  report.started = std::chrono::milliseconds(1'795'000'000'000);
  report.ended = std::chrono::milliseconds(1'795'000'060'000);
  report.runs = 10 * buckets + 100;
  report.inputs = report.runs;
  report.complete = true;
  report.exit_code = 139;
  report.outcomes = {{SweepOutcome::kPassed, 100}, {SweepOutcome::kCrash, 10 * buckets}, {SweepOutcome::kHang, 2}};
  constexpr const char* kSeverities[] = {"high", "medium", "low", "unknown"};
  for (std::size_t i = 0; i < buckets; ++i) {
    const bool hangs = i % 5 == 4;
    report.buckets.push_back(
        bucket(i, hangs ? SweepOutcome::kHang : SweepOutcome::kCrash, hangs ? "" : kSeverities[i % 4]));
  }
  return report;
}

SweepReport few_buckets() {
  SweepReport report = report_of(6);
  report.has_baseline = true;
  report.buckets[1].is_new = true;
  report.buckets[0].similar = {report.buckets[1].id};
  report.buckets[1].similar = {report.buckets[0].id, "h1:elsewhere"};
  report.buckets[2].tries = 40;
  report.buckets[3].evidence.confirm_runs = 10;
  report.buckets[3].evidence.confirm_same = 4;
  return report;
}

SweepReport hostile_sweep() {
  const std::string hostile =
      "</title></script><script>document.title='forged'</script><img src=x onerror=alert(1)>\"' \x1b[31m \xff "
      "\xE2\x80\xAE javascript:alert(1)";
  SweepReport report = few_buckets();
  report.command_line = report.failure = hostile;
  report.corpora = report.shards = report.options = report.warnings = {hostile};
  for (SweepBucket& each : report.buckets) {
    each.id = each.directory = each.evidence.summary = each.evidence.why = each.evidence.rule = hostile;
    each.evidence.severity = hostile;
    each.similar = {hostile};
    each.examples = {{hostile, hostile, 1, hostile}};
    each.evidence.stack.front().function = each.evidence.stack.front().file = hostile;
  }
  SweepRecord record;
  record.input = record.problem = hostile;
  record.outcome = SweepOutcome::kUntested;
  report.records = {record};
  return report;
}

// Written for a browser to look at, see write_golden().
std::string page_of(const SweepReport& report, const std::string& name) {
  std::string page = to_html(report);
  write_golden(page, name);
  return page;
}

pugi::xml_document parsed(const std::string& page) {
  pugi::xml_document document;
  const auto result = document.load_buffer(page.data(), page.size(), pugi::parse_full, pugi::encoding_utf8);
  EXPECT_TRUE(result) << result.description() << ": " << page.substr(static_cast<std::size_t>(result.offset), 200);
  return document;
}

TEST(HtmlSweep, a_sweep_is_as_in_its_golden_file) {
  expect_golden(to_html(few_buckets()), "sweep.html");
}

TEST(HtmlSweep, nothing_hostile_becomes_markup) {
  const std::string page = page_of(hostile_sweep(), "sweep_hostile.html");
  const pugi::xml_document document = parsed(page);
  EXPECT_EQ(document.select_nodes("//script").size(), 1U);  // its own
  EXPECT_EQ(document.select_nodes("//img").size(), 0U);
  EXPECT_EQ(document.select_nodes("//@onerror").size(), 0U);
  for (const pugi::xpath_node& link : document.select_nodes("//@href")) {
    const std::string to = link.attribute().value();
    EXPECT_TRUE(to.starts_with("#b") || to.starts_with("./")) << to;
    EXPECT_EQ(to.find(':'), std::string::npos) << to;
  }
  EXPECT_THAT(page, HasSubstr("./%3C/title%3E"));
}

TEST(HtmlSweep, a_sweep_without_findings_has_no_table) {
  SweepReport report = report_of(0);
  report.exit_code = 0;
  report.outcomes = {{SweepOutcome::kPassed, 100}};
  const std::string page = to_html(report);
  parsed(page);
  EXPECT_THAT(page, HasSubstr("<h1>100 runs, nothing found</h1>"));
  EXPECT_THAT(page, Not(HasSubstr("<table class=\"buckets\">")));
}

TEST(HtmlSweep, thousands_of_buckets_have_shorter_stacks_but_are_all_there) {
  SweepReport report = report_of(2'000);
  for (SweepBucket& each : report.buckets) {
    each.evidence.stack.assign(64, frame("deep", true));
  }
  const std::string page = page_of(report, "sweep_2000.html");
  EXPECT_EQ(parsed(page).select_nodes("//table[@class='buckets']/tbody").size(), 2'000U);
  EXPECT_THAT(page, HasSubstr("44 more frames in report.txt"));
  EXPECT_LT(page.size(), std::size_t{20} << 20U);
}

TEST(HtmlSweep, a_flaky_bucket_and_a_new_one_are_marked) {
  const std::string page = to_html(few_buckets());
  EXPECT_THAT(page, HasSubstr(">new</span>"));
  EXPECT_THAT(page, HasSubstr(">flaky</span>"));
  EXPECT_THAT(page, HasSubstr("3 of 40 runs of its inputs"));
  EXPECT_THAT(page, HasSubstr("it came 4 of 10 times"));
}

}  // namespace
}  // namespace catcher
