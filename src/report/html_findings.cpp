#include "report/html_findings.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "report/html_page.h"
#include "report/html_stack.h"
#include "report/xml_text.h"
#include "triage/fault_description.h"
#include "triage/handle_words.h"
#include "triage/hex.h"
#include "triage/names.h"
#include "triage/path_name.h"
#include "triage/summary.h"

namespace catcher {

namespace {

std::string_view severity_tone(std::string_view severity) {
  if (severity == "high") {
    return "alarm";
  }
  return severity == "medium" ? "caution" : "quiet";
}

std::string severity_fact(const Crash& crash) {
  if (crash.severity.empty()) {
    return {};
  }
  return html_fact_markup(
      "severity", fmt::format("{} {}{}", html_badge(crash.severity, severity_tone(crash.severity)), xml_line(crash.why),
                              crash.rule.empty() ? "" : " [" + xml_line(crash.rule) + "]"));
}

std::string exception_facts(const Crash& crash) {
  if (!crash.exception) {
    return crash.exit_status ? html_fact("status", describe_exit_status(*crash.exit_status)) : std::string();
  }
  const ExceptionInfo& exception = *crash.exception;
  const std::string code = hex_code(exception.code);
  std::string facts =
      html_fact("exception", fmt::format("{}{}, {} chance", code, exception.name == code ? "" : " " + exception.name,
                                         chance_name(crash.chance)));
  const std::string place = "at " + describe_place(exception);
  facts += html_fact("fault", exception.detail.empty() ? place : exception.detail + " " + place);
  if (exception.target && !crash.target_region.empty()) {
    facts += html_fact("target", fmt::format("{}: {}", hex_value(exception.target->value), crash.target_region));
  }
  return facts;
}

std::string code_fact(std::string_view label, std::string_view text) {
  return text.empty() ? std::string() : html_fact_markup(label, fmt::format("<code>{}</code>", xml_line(text)));
}

std::string crash_facts(const Crash& crash) {
  std::string facts = severity_fact(crash) + code_fact("bucket", crash.bucket);
  facts += html_fact("where", fmt::format("{}, process {}{}{}", crash.image, crash.pid,
                                          crash.tid == 0 ? "" : fmt::format(", thread {}", crash.tid),
                                          crash.thread_name.empty() ? "" : " \"" + crash.thread_name + "\""));
  facts += html_fact("when", describe_duration(crash.time) + " after the start");
  facts += exception_facts(crash);
  facts += code_fact("instruction", crash.instruction);
  facts += html_fact("operand", crash.instruction_note);
  if (crash.cxx) {
    facts += html_fact("C++ exception",
                       crash.cxx->what.empty() ? crash.cxx->type : crash.cxx->type + ": " + crash.cxx->what);
  }
  facts += html_fact("assertion", crash.assertion) + html_fact("missing", crash.missing);
  for (const std::string& note : crash.notes) {
    facts += html_fact("note", note);
  }
  facts += code_fact("minidump", crash.minidump) + html_fact("no minidump", crash.minidump_error);
  return html_facts(facts);
}

std::string registers_table(const Crash& crash) {
  std::string facts;
  for (const auto& [name, value] : crash.registers) {
    facts += code_fact(name, hex_value(value));
  }
  return html_facts(facts);
}

std::string modules_table(const Crash& crash) {
  std::string rows;
  for (const ModuleRecord& module : crash.modules) {
    rows += fmt::format("<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td><td class=\"soft\">{}</td></tr>\n",
                        hex_value(module.base.value), describe_size(module.size), xml_line(module.path),
                        xml_line(module.symbols));
  }
  return rows.empty() ? rows : "<div class=\"wide\"><table class=\"code\">\n" + rows + "</table></div>\n";
}

std::string debug_strings(const Crash& crash) {
  std::string lines;
  for (const std::string& text : crash.debug_strings) {
    lines += xml_line(text) + '\n';
  }
  return lines.empty() ? lines : "<pre>" + lines + "</pre>\n";
}

std::string crash_section(const Crash& crash, bool is_first, const TextOptions& options) {
  std::string html = crash_facts(crash) + html_stack(crash.stack, options, true);
  html += html_folded("other threads", html_threads(crash.threads, crash.tid, options));
  html += html_folded("debug output just before", debug_strings(crash));
  html += html_folded("registers", registers_table(crash));
  html += html_folded("modules", modules_table(crash));
  // The page's own heading says the first one already.
  return html_section(is_first ? "crash" : crash.summary.empty() ? summarize_crash(crash) : crash.summary, html);
}

std::string stopped_processes(const std::vector<Hang::Process>& processes, const TextOptions& options) {
  std::string html;
  for (const Hang::Process& process : processes) {
    html += fmt::format("<h3>threads of {} {}</h3>\n", process.pid, xml_line(process.image));
    html += html_threads(process.threads, 0, options);
  }
  return html;
}

std::string event_text(const HandleEvent& event) {
  std::string text =
      fmt::format("{}: {} {}", describe_duration(event.time), handle_event_name(event.kind), describe_object(event));
  text += event.tid == 0 ? std::string() : fmt::format(" by thread {}", event.tid);
  text += event.function.empty() ? std::string() : ", " + event.function;
  const std::string path = describe_own_path(event, 4);
  return path.empty() ? text : text + " in " + path;
}

std::string finding_section(const HandleFinding& finding, const TextOptions& options) {
  std::string html = html_facts(
      html_fact("kind", handle_finding_name(finding.kind)) + code_fact("handle", hex_value(finding.handle)) +
      html_fact("process", fmt::format("{} {}", finding.pid, finding.image)) + html_fact("note", finding.note) +
      html_fact("seen", finding.count > 1 ? fmt::format("{} times", finding.count) : std::string()));
  html += html_stack(finding.event.stack, options, true);
  std::string history;
  for (const HandleEvent& event : finding.history) {
    history += html_folded(event_text(event), html_stack(event.stack, options, false));
  }
  html += history.empty() ? history : "<h3>history of the handle</h3>\n" + history;
  return html_section(finding.summary, html);
}

}  // namespace

std::string html_crashes(const RunReport& report, const TextOptions& options) {
  std::string html;
  for (const Crash& crash : report.crashes) {
    html += crash_section(crash, &crash == &report.crashes.front(), options);
  }
  return html;
}

std::string html_hang(const Hang& hang, const TextOptions& options) {
  const std::string facts = html_fact("cause", hang.detail.empty() ? hang.cause : hang.cause + ": " + hang.detail) +
                            code_fact("bucket", hang.bucket);
  return html_section("what the processes were doing", html_facts(facts) + stopped_processes(hang.processes, options));
}

std::string html_limit(const LimitHit& limit, const TextOptions& options) {
  return html_section("what the processes were doing at the limit", stopped_processes(limit.processes, options));
}

std::string html_handles(const HandleReport& handles, const TextOptions& options) {
  std::string html;
  for (const HandleFinding& finding : handles.findings) {
    html += finding_section(finding, options);
  }
  std::string leaks;
  for (const HandleLeak& leak : handles.leaks) {
    leaks += html_folded(summarize_handle_leak(leak), html_stack(leak.opened.stack, options, false));
  }
  return html + html_section("handles that are open at the end", leaks);
}

}  // namespace catcher
