#include "report/findings.h"

#include "triage/allocation_words.h"
#include "triage/exception_catalogue.h"
#include "triage/handle_words.h"
#include "triage/hex.h"
#include "triage/names.h"
#include "triage/severity.h"
#include "triage/summary.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace catcher {

namespace {

struct RuleText {
  std::string_view rule;
  std::string_view text;
};

// The rules that are no severity rule.
constexpr std::array kRules = {
    RuleText{"crash-exception", "A process crashed: nothing handled an exception that it raised"},
    RuleText{"crash-fail-fast", "A process ended itself with a fail fast: it found its own state damaged"},
    RuleText{"crash-abort", "A process called abort()"},
    RuleText{"crash-exit-status", "A process ended with an error status"},
    RuleText{"hang", "The processes had not ended at the deadline and were killed"},
    RuleText{"limit", "The processes hit a limit that was set for them and were killed"},
    RuleText{"defect", "The program ended by itself, but what watched it found a defect"},
    RuleText{"handle-double-close", "A handle was closed a second time"},
    RuleText{"handle-stale-close", "A module closed a handle value that had come to belong to somebody else"},
    RuleText{"handle-use-after-close", "A handle was used after it had been closed"},
    RuleText{"handle-guarded-close", "A handle that nobody may close was closed"},
    RuleText{"handle-invalid-handle", "A handle that is not open was used"},
    RuleText{"handle-leak", "More handles from one place than allowed were open at the end"},
    RuleText{"memory-leak", "More memory than allowed, all from one place, had not been given back at the end"},
    RuleText{"not-started", "The program was not found or could not start"},
    RuleText{"interrupted", "The run was interrupted before the program had ended"},
};

bool has_line(const Frame& frame) {
  return !frame.file.empty() && frame.line != 0;
}

// The first frame that counts in the bucket, not the runtime's abort() around it; else the innermost with a line.
const Frame* first_place(const std::vector<Frame>& frames) {
  auto found = std::ranges::find_if(frames, [](const Frame& frame) { return frame.in_bucket && has_line(frame); });
  if (found == frames.end()) {
    found = std::ranges::find_if(frames, has_line);
  }
  return found == frames.end() ? nullptr : &*found;
}

const Frame* first_place(const std::vector<Hang::Process>& processes) {
  const Frame* any = nullptr;
  for (const Hang::Process& process : processes) {
    for (const ThreadRecord& thread : process.threads) {
      const Frame* place = first_place(thread.stack.frames);
      if (place != nullptr && place->in_bucket) {
        return place;
      }
      any = any == nullptr ? place : any;
    }
  }
  return any;
}

std::string with_dashes(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', '-');
  return text;
}

std::string crash_type(const Crash& crash) {
  switch (crash.kind) {
    case CrashKind::kAbort:
      return crash.assertion.empty() ? "abort" : "assertion";
    case CrashKind::kExitStatus:
      return hex_code(crash.exit_status.value_or(crash.status));
    case CrashKind::kException:
    case CrashKind::kFailFast:
      break;
  }
  return crash.exception && !crash.exception->name.empty() ? crash.exception->name : exception_name(crash.status);
}

std::string image_of(const RunReport& report, std::uint32_t pid) {
  const auto process = std::ranges::find(report.processes, pid, &ProcessRecord::pid);
  return process == report.processes.end() ? std::string() : process->image;
}

std::string root_image(const RunReport& report) {
  return report.processes.empty() ? std::string() : report.processes.front().image;
}

Finding crash_finding(const RunReport& report, const Crash& crash) {
  Finding finding;
  finding.rule = crash.rule.empty() ? "crash-" + with_dashes(crash_kind_name(crash.kind)) : crash.rule;
  finding.type = crash_type(crash);
  finding.message = crash.summary.empty() ? summarize_crash(crash) : crash.summary;
  finding.image = image_of(report, crash.pid);
  if (finding.image.empty()) {
    finding.image = crash.image;
  }
  finding.bucket = crash.bucket;
  finding.crash = &crash;
  finding.place = first_place(crash.stack.frames);
  return finding;
}

Finding run_finding(const RunReport& report, FindingKind kind, std::string rule, std::string type) {
  Finding finding;
  finding.kind = kind;
  finding.rule = std::move(rule);
  finding.type = std::move(type);
  finding.message = report.summary.empty() ? summarize_run(report, report.start_failure) : report.summary;
  finding.image = root_image(report);
  return finding;
}

Finding hang_finding(const RunReport& report) {
  const std::string cause = report.hang && !report.hang->cause.empty() ? " (" + report.hang->cause + ")" : "";
  Finding finding = run_finding(report, FindingKind::kHang, "hang", "timeout" + cause);
  if (report.verdict != Verdict::kTimeout) {  // a crash came first: the summary speaks of that
    finding.message = "the processes that were left had not ended at the deadline" + cause;
  }
  if (report.hang) {
    finding.bucket = report.hang->bucket;
    finding.place = first_place(report.hang->processes);
    if (!report.hang->processes.empty()) {
      const std::string image = image_of(report, report.hang->processes.front().pid);
      finding.image = image.empty() ? report.hang->processes.front().image : image;
    }
  }
  return finding;
}

Finding limit_finding(const RunReport& report) {
  Finding finding = run_finding(report, FindingKind::kLimit, "limit", "limit");
  if (report.verdict != Verdict::kLimit) {
    finding.message = "the processes that were left hit a limit";
  }
  if (report.limit) {
    finding.place = first_place(report.limit->processes);
    if (const std::string image = image_of(report, report.limit->pid); !image.empty()) {
      finding.image = image;
    }
  }
  return finding;
}

Finding probe_finding(const RunReport& report, std::string rule, std::string message, std::uint32_t pid,
                      const Stack& stack, const Frame* place) {
  Finding finding = run_finding(report, FindingKind::kDefect, std::move(rule), {});
  finding.type = finding.rule;
  finding.message = std::move(message);
  if (std::string image = image_of(report, pid); !image.empty()) {
    finding.image = std::move(image);
  }
  finding.stack = &stack;
  finding.place = place != nullptr && has_line(*place) ? place : first_place(stack.frames);
  return finding;
}

Finding handle_finding(const RunReport& report, std::string rule, std::string message, std::uint32_t pid,
                       const HandleEvent& event) {
  return probe_finding(report, std::move(rule), std::move(message), pid, event.stack, own_frame(event));
}

void add_allocation_findings(const RunReport& report, std::vector<Finding>& findings) {
  if (!report.memory || !report.memory->allocations) {
    return;
  }
  for (const AllocationGroup& group : report.memory->allocations->groups) {
    if (group.is_defect) {
      findings.push_back(probe_finding(report, "memory-leak", group.summary, group.pid, group.stack, own_frame(group)));
    }
  }
}

void add_handle_findings(const RunReport& report, std::vector<Finding>& findings) {
  if (!report.handles) {
    return;
  }
  for (const HandleFinding& found : report.handles->findings) {
    if (found.is_defect) {
      findings.push_back(handle_finding(report, "handle-" + with_dashes(handle_finding_name(found.kind)), found.summary,
                                        found.pid, found.event));
    }
  }
  for (const HandleLeak& leak : report.handles->leaks) {
    if (leak.is_defect) {
      findings.push_back(handle_finding(report, "handle-leak", summarize_handle_leak(leak), leak.pid, leak.opened));
    }
  }
}

}  // namespace

std::vector<Finding> findings_of(const RunReport& report) {
  std::vector<Finding> findings;
  findings.reserve(report.crashes.size() + 1);
  for (const Crash& crash : report.crashes) {
    findings.push_back(crash_finding(report, crash));
  }
  if (report.verdict == Verdict::kCrashed && findings.empty()) {
    findings.push_back(run_finding(report, FindingKind::kCrash, "crash-exception", "crash"));
  }
  if (report.hang || report.verdict == Verdict::kTimeout) {
    findings.push_back(hang_finding(report));
  }
  if (report.limit || report.verdict == Verdict::kLimit) {
    findings.push_back(limit_finding(report));
  }
  const std::size_t before = findings.size();
  add_handle_findings(report, findings);
  add_allocation_findings(report, findings);
  if (report.verdict == Verdict::kDefect && findings.size() == before) {
    findings.push_back(run_finding(report, FindingKind::kDefect, "defect", "defect"));
  }
  if (report.verdict == Verdict::kStartFailed) {
    findings.push_back(run_finding(report, FindingKind::kNotStarted, "not-started", "not started"));
  }
  if (report.verdict == Verdict::kInterrupted) {
    findings.push_back(run_finding(report, FindingKind::kInterrupted, "interrupted", "interrupted"));
  }
  return findings;
}

std::string describe_rule(const std::string& rule) {
  if (const auto known = std::ranges::find(kRules, rule, &RuleText::rule); known != kRules.end()) {
    return std::string(known->text);
  }
  const auto severity = std::ranges::find(severity_rules(), rule, &SeverityRule::id);
  return severity == severity_rules().end() ? "A process crashed" : "A crash: " + std::string(severity->reason);
}

}  // namespace catcher
