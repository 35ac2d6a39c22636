#include "report/sweep_junit.h"

#include "report/sweep_journal.h"
#include "report/utc_text.h"
#include "report/xml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace catcher {

namespace {

using BucketsById = std::map<std::string_view, const SweepBucket*>;

std::string stack_lines(const SweepEvidence& evidence) {
  std::string text;
  for (const Frame& frame : evidence.stack) {
    text += fmt::format("{} {}", frame.in_bucket ? '*' : ' ', frame.function.empty() ? frame.module : frame.function);
    text += frame.line == 0 ? "\n" : fmt::format(" at {}:{}\n", frame.file, frame.line);
  }
  return text;
}

std::string body_of(const SweepBucket& bucket, const SweepRecord& record) {
  const bool shows = bucket.evidence.input == record.input;
  std::string text = fmt::format("bucket {}, {}\n", bucket.id, bucket.directory);
  return shows ? text + stack_lines(bucket.evidence) : text;
}

std::string failure_xml(const SweepRecord& record, const BucketsById& buckets) {
  if (record.outcome == SweepOutcome::kUntested) {
    return fmt::format("      <error type=\"untested\" message=\"{}\"/>\n", xml_line(record.problem));
  }
  const auto found = buckets.find(record.bucket);
  if (found == buckets.end()) {
    return {};
  }
  return fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", outcome_name(record.outcome),
                     xml_line(found->second->evidence.summary), xml_lines(body_of(*found->second, record)));
}

std::string name_of(const SweepRecord& record, const SweepReport& report) {
  const std::string name = record.input.empty() ? "run" : record.input;
  return report.runs > report.inputs ? fmt::format("{} [{}]", name, record.round) : name;
}

std::string seconds(std::chrono::milliseconds time) {
  return fmt::format("{:.3f}", static_cast<double>(time.count()) / 1000);
}

}  // namespace

std::string to_junit(const SweepReport& report) {
  BucketsById buckets;
  for (const SweepBucket& bucket : report.buckets) {
    buckets.emplace(bucket.id, &bucket);
  }
  std::string cases;
  std::chrono::milliseconds time{};
  std::uint64_t failures = 0;
  std::uint64_t errors = 0;
  for (const SweepRecord& record : report.records) {
    const std::string problem = failure_xml(record, buckets);
    time += record.duration;
    failures += problem.empty() || record.outcome == SweepOutcome::kUntested ? 0U : 1U;
    errors += record.outcome == SweepOutcome::kUntested ? 1U : 0U;
    cases += fmt::format("    <testcase classname=\"catcher.sweep\" name=\"{}\" time=\"{}\"",
                         xml_line(name_of(record, report)), seconds(record.duration));
    cases += problem.empty() ? "/>\n" : fmt::format(">\n{}    </testcase>\n", problem);
  }
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", report.records.size(), failures, errors);
  // Ant's form, which every reader takes: seconds, no zone. It is UTC.
  const std::string stamp = utc_text(std::chrono::system_clock::time_point(report.started)).substr(0, 19);
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites name=\"catcher sweep\" {} time=\"{}\">\n", counts, seconds(time));
  xml += fmt::format("  <testsuite name=\"catcher sweep\" {} skipped=\"0\" time=\"{}\" timestamp=\"{}\">\n", counts,
                     seconds(time), stamp);
  return xml + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace catcher
