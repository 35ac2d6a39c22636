#include "report/html_report.h"

#include <fmt/format.h>

#include <string_view>

#include "report/html_charts.h"
#include "report/html_findings.h"
#include "report/html_memory.h"
#include "report/html_page.h"
#include "report/html_stack.h"
#include "report/target_text.h"
#include "report/utc_text.h"
#include "report/xml_text.h"
#include "triage/names.h"
#include "triage/path_name.h"
#include "triage/summary.h"

namespace catcher {

namespace {

std::string_view verdict_tone(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return "good";
    case Verdict::kTimeout:
    case Verdict::kInterrupted:
    case Verdict::kDefect:
      return "caution";
    case Verdict::kCrashed:
    case Verdict::kLimit:
    case Verdict::kStartFailed:
      break;
  }
  return "alarm";
}

std::string summary_of(const RunReport& report) {
  return report.summary.empty() ? summarize_run(report) : report.summary;
}

std::string header(const RunReport& report) {
  std::string html =
      fmt::format("<header>\n{}\n<h1>{}</h1>\n", html_badge(verdict_name(report.verdict), verdict_tone(report.verdict)),
                  xml_line(summary_of(report)));
  html += html_facts(html_fact_markup("command line", fmt::format("<code>{}</code>", xml_line(report.command_line))) +
                     html_fact("started", utc_text(report.started)) +
                     html_fact("took", describe_duration(report.duration)) +
                     html_fact("exit code of catcher", fmt::format("{}", report.exit_code)) +
                     html_fact("catcher", report.catcher_version));
  return html + "</header>\n";
}

std::string warnings(const RunReport& report) {
  std::string items;
  for (const std::string& warning : report.warnings) {
    items += fmt::format("<li>{}</li>\n", xml_line(warning));
  }
  return items.empty() ? items : html_section("warnings", "<ul>\n" + items + "</ul>\n");
}

std::string command_lines(const RunReport& report) {
  std::string rows;
  for (const ProcessRecord& process : report.processes) {
    rows += fmt::format(
        "<tr><td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        process.pid, process.parent_pid, xml_line(process.image),
        process.exit_status ? xml_line(describe_exit_status(*process.exit_status)) : std::string(),
        xml_line(process.command_line));
  }
  return html_folded("programs and command lines",
                     "<div class=\"wide\"><table class=\"code\">\n<tr><th class=\"number\">pid</th><th "
                     "class=\"number\">parent</th><th>program</th><th>end</th><th>command line</th></tr>\n" +
                         rows + "</table></div>\n");
}

std::string processes(const RunReport& report) {
  if (report.processes.empty()) {
    return {};
  }
  std::string html = html_process_axis(report) + command_lines(report);
  for (const ProcessRecord& process : report.processes) {
    if (process.exit_stack && !process.exit_stack->frames.empty()) {
      html += html_folded(fmt::format("stack from which {} ended itself", process.pid),
                          html_stack(*process.exit_stack, {}, false));
    }
  }
  return html_section("processes", html);
}

std::string handled(const RunReport& report) {
  std::string rows;
  for (const HandledException& row : report.handled_exceptions) {
    rows += fmt::format("<tr><td>{}</td><td class=\"number\">{}</td></tr>\n", xml_line(row.name), row.count);
  }
  return rows.empty() ? rows
                      : html_section("exceptions that the program handled itself",
                                     "<table>\n<tr><th>exception</th><th class=\"number\">times</th></tr>\n" + rows +
                                         "</table>\n");
}

std::string stream(std::string_view name, const CapturedStream& captured) {
  const std::string cut = captured.bytes > captured.tail.size()
                              ? fmt::format("<p class=\"soft\">the last {} of {}</p>\n",
                                            describe_size(captured.tail.size()), describe_size(captured.bytes))
                              : std::string();
  const std::string problem = captured.problem.empty()
                                  ? std::string()
                                  : fmt::format("<p class=\"caution\">{}</p>\n", xml_line(captured.problem));
  const std::string text =
      captured.tail.empty() ? std::string() : fmt::format("<pre>{}</pre>\n", xml_lines(captured.tail));
  return html_folded(name, problem + cut + text);
}

std::string output(const RunReport& report) {
  std::string html;
  if (report.captured) {
    html += stream("stdout", report.captured->out) + stream("stderr", report.captured->error);
  }
  std::string lines;
  for (const DebugLine& line : report.debug_output.lines) {
    lines += line.dropped_before == 0 ? std::string() : fmt::format("... {} missing\n", line.dropped_before);
    lines += fmt::format("{:>8} ms  {:>6}  {}\n", line.time.count(), line.pid, xml_line(line.text));
  }
  const std::string dropped =
      report.debug_output.dropped == 0
          ? std::string()
          : fmt::format("<p class=\"soft\">{} were dropped: too many came</p>\n", report.debug_output.dropped);
  html += html_folded("OutputDebugString", lines.empty() ? dropped : dropped + "<pre>" + lines + "</pre>\n");
  return html_section("output", html);
}

}  // namespace

std::string to_html(const RunReport& report, const TextOptions& options) {
  std::string body = header(report) + warnings(report) + html_crashes(report, options);
  body += report.hang ? html_hang(*report.hang, options) : std::string();
  body += report.limit ? html_limit(*report.limit, options) : std::string();
  body += report.handles ? html_handles(*report.handles, options) : std::string();
  body += processes(report) + html_memory(report, options) + handled(report) + output(report);
  const std::string program =
      report.processes.empty() ? std::string() : std::string(file_name_of(report.processes.front().image));
  return html_page({.title = fmt::format("{} - {} - catcher", verdict_name(report.verdict),
                                         program.empty() ? report.command_line : program),
                    .body = body,
                    .style = {},
                    .script = {}});
}

}  // namespace catcher
