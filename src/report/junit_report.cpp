#include "report/junit_report.h"

#include "report/findings.h"
#include "report/stack_text.h"
#include "report/text_report.h"
#include "report/utc_text.h"
#include "report/xml_text.h"
#include "triage/names.h"
#include "triage/path_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace catcher {

namespace {

constexpr std::size_t kNameLength = 200;  // a test's name is a row of a table

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  const std::size_t end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? std::string() : std::string(text.substr(begin, end - begin + 1));
}

std::string shortened(std::string text) {
  if (text.size() <= kNameLength) {
    return text;
  }
  std::size_t end = kNameLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {  // not within a code point
    --end;
  }
  text.resize(end);
  return text + "...";
}

// The program's file name and its arguments: the same on every machine, so that a test keeps its history.
std::string test_name(const RunReport& report) {
  const std::string line = trimmed(report.command_line);
  const bool quoted = line.starts_with('"');
  const std::size_t end = std::min(quoted ? line.find('"', 1) : line.find_first_of(" \t"), line.size());
  const std::string_view program = std::string_view(line).substr(quoted ? 1 : 0, end - (quoted ? 1 : 0));
  const std::string arguments = trimmed(std::string_view(line).substr(std::min(quoted ? end + 1 : end, line.size())));
  std::string name(file_name_of(program));
  if (name.empty() && !report.processes.empty()) {
    name = file_name_of(report.processes.front().image);
  }
  if (name.empty()) {
    name = "target";
  }
  return shortened(arguments.empty() ? name : name + " " + arguments);
}

bool was_never_tested(const Finding& finding) {
  return finding.kind == FindingKind::kNotStarted || finding.kind == FindingKind::kInterrupted;
}

// The run without its crashes but `crash`: what a person reads about one finding.
RunReport about(const RunReport& report, const Finding& finding, bool decides) {
  RunReport part;
  part.verdict = report.verdict;
  part.summary = finding.message;
  if (finding.crash != nullptr) {
    part.crashes = {*finding.crash};
  }
  if (decides) {
    part.processes = report.processes;
    part.handled_exceptions = report.handled_exceptions;
    part.warnings = report.warnings;
  }
  if (finding.kind == FindingKind::kHang) {
    part.hang = report.hang;
  }
  if (finding.kind == FindingKind::kLimit) {
    part.limit = report.limit;
  }
  return part;
}

std::string problem_xml(const RunReport& report, const Finding& finding, bool decides) {
  constexpr std::size_t kStackLines = 32;
  const std::string_view element = was_never_tested(finding) ? "error" : "failure";
  const std::string stack = finding.stack == nullptr || finding.stack->frames.empty()
                                ? std::string()
                                : "\nstack of the call\n" + stack_text(*finding.stack, {}, kStackLines, false);
  return fmt::format("      <{} type=\"{}\" message=\"{}\">{}</{}>\n", element, xml_line(finding.type),
                     xml_line(finding.message), xml_lines(to_text(about(report, finding, decides)) + stack), element);
}

std::string stream_xml(std::string_view element, const CapturedStream& stream) {
  if (stream.tail.empty()) {
    return {};
  }
  const std::uint64_t missing = stream.bytes > stream.tail.size() ? stream.bytes - stream.tail.size() : 0;
  const std::string gap = missing == 0 ? std::string() : fmt::format("... {} bytes before were not kept\n", missing);
  return fmt::format("      <{}>{}{}</{}>\n", element, gap, xml_lines(stream.tail), element);
}

// Inside the test case: GitLab looks for them nowhere else.
std::string streams_xml(const RunReport& report) {
  if (!report.captured) {
    return {};
  }
  return stream_xml("system-out", report.captured->out) + stream_xml("system-err", report.captured->error);
}

std::string case_xml(std::string_view name, std::string_view seconds, std::string_view content) {
  const std::string start =
      fmt::format("    <testcase classname=\"catcher\" name=\"{}\" time=\"{}\"", xml_line(name), seconds);
  return content.empty() ? start + "/>\n" : fmt::format("{}>\n{}    </testcase>\n", start, content);
}

std::string cases_xml(const RunReport& report, const std::vector<Finding>& findings, std::string_view seconds) {
  const std::string name = test_name(report);
  const std::string first = findings.empty() ? std::string() : problem_xml(report, findings.front(), true);
  std::string xml = case_xml(name, seconds, first + streams_xml(report));
  for (std::size_t i = 1; i < findings.size(); ++i) {
    const std::string what = fmt::format("{} [{}: {} in {}]", name, i + 1, findings[i].type,
                                         findings[i].image.empty() ? "?" : file_name_of(findings[i].image));
    xml += case_xml(what, "0.000", problem_xml(report, findings[i], false));
  }
  return xml;
}

std::string property_xml(std::string_view name, std::string_view value) {
  return value.empty() ? std::string()
                       : fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_line(value));
}

std::string properties_xml(const RunReport& report, const std::vector<Finding>& findings) {
  std::string xml = "    <properties>\n";
  xml += property_xml("catcher", report.catcher_version);
  xml += property_xml("command_line", report.command_line);
  xml += property_xml("verdict", verdict_name(report.verdict));
  xml += property_xml("exit_code", fmt::format("{}", report.exit_code));
  xml += findings.empty() ? std::string() : property_xml("bucket", findings.front().bucket);
  for (const std::string& warning : report.warnings) {
    xml += property_xml("warning", warning);
  }
  return xml + "    </properties>\n";
}

}  // namespace

std::string to_junit(const RunReport& report) {
  const std::vector<Finding> findings = findings_of(report);
  const auto errors = std::ranges::count_if(findings, was_never_tested);
  const std::size_t tests = std::max<std::size_t>(findings.size(), 1);
  const std::string seconds = fmt::format("{:.3f}", static_cast<double>(report.duration.count()) / 1000);
  // Ant's form, which every reader takes: seconds, no zone. It is UTC.
  const std::string timestamp = utc_text(report.started).substr(0, std::string_view("2026-11-21T10:00:00").size());
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests,
                                         static_cast<std::ptrdiff_t>(findings.size()) - errors, errors);
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites name=\"catcher\" {} time=\"{}\">\n", counts, seconds);
  xml += fmt::format("  <testsuite name=\"catcher\" {} skipped=\"0\" time=\"{}\" timestamp=\"{}\">\n", counts, seconds,
                     timestamp);
  xml += properties_xml(report, findings);
  xml += cases_xml(report, findings, seconds);
  return xml + "  </testsuite>\n</testsuites>\n";
}

}  // namespace catcher
