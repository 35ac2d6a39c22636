#include "report/text_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "report/allocations_text.h"
#include "report/escape.h"
#include "report/handles_text.h"
#include "report/memory_text.h"
#include "report/paint.h"
#include "report/process_tree_text.h"
#include "report/stack_text.h"
#include "report/target_text.h"
#include "triage/exception_catalogue.h"
#include "triage/fault_description.h"
#include "triage/hex.h"
#include "triage/summary.h"

namespace catcher {

namespace {

constexpr std::size_t kShortStack = 24;       // lines
constexpr std::size_t kShortHangStack = 8;    // lines a thread
constexpr std::size_t kShortGroups = 6;       // groups of threads
constexpr std::size_t kOneLineFunctions = 3;  // functions of a thread that is shown in one line
constexpr std::size_t kShortDebugStrings = 5;
constexpr std::size_t kShortHandled = 5;

// "  label       text", or nothing where the text is empty. The text is escaped here.
std::string row(std::string_view label, std::string_view text) {
  return text.empty() ? std::string{} : fmt::format("  {:<12}{}\n", label, escape_for_terminal(text));
}

std::string heading(std::string_view text) {
  return fmt::format("\n{}\n", text);
}

std::string severity_text(const Crash& crash) {
  if (crash.severity.empty()) {
    return {};
  }
  return crash.rule.empty() ? fmt::format("{}: {}", crash.severity, crash.why)
                            : fmt::format("{}: {} [{}]", crash.severity, crash.why, crash.rule);
}

std::string exception_rows(const Crash& crash) {
  if (!crash.exception) {
    return crash.exit_status ? row("status", describe_exit_status(*crash.exit_status)) : std::string{};
  }
  const ExceptionInfo& exception = *crash.exception;
  const std::string code = hex_code(exception.code);
  const std::string name = exception.name == code ? "" : " " + exception.name;
  std::string text = row("exception", fmt::format("{}{}, {} chance, in thread {} after {}", code, name,
                                                  crash.chance == Chance::kFirst ? "first" : "second", crash.tid,
                                                  describe_duration(crash.time)));
  const std::string place = "at " + describe_place(exception);
  text += row("fault", exception.detail.empty() ? place : exception.detail + " " + place);
  if (exception.target) {
    text += row("target", crash.target_region.empty()
                              ? std::string{}
                              : fmt::format("{}: {}", hex_value(exception.target->value), crash.target_region));
  }
  return text;
}

std::string instruction_text(const Crash& crash) {
  if (crash.instruction.empty() || crash.instruction_note.empty()) {
    return crash.instruction;
  }
  return fmt::format("{}   ({})", crash.instruction, crash.instruction_note);
}

std::string cxx_text(const Crash& crash) {
  if (!crash.cxx) {
    return {};
  }
  return crash.cxx->what.empty() ? crash.cxx->type : fmt::format("{}: {}", crash.cxx->type, crash.cxx->what);
}

std::string minidump_text(const Crash& crash) {
  return crash.minidump_error.empty() ? crash.minidump : "not written: " + crash.minidump_error;
}

std::string crash_rows(const Crash& crash) {
  std::string text = row("why", severity_text(crash));
  text += row("bucket", crash.bucket);
  text += exception_rows(crash);
  text += row("instruction", instruction_text(crash));
  text += row("C++", cxx_text(crash));
  text += row("assertion", crash.assertion);
  text += row("missing", crash.missing);
  for (const std::string& note : crash.notes) {
    text += row("note", note);
  }
  text += row("minidump", minidump_text(crash));
  return text;
}

std::string crash_stack(const Crash& crash, const TextOptions& options) {
  if (crash.stack.frames.empty()) {
    return row("stack", crash.stack.end_reason);
  }
  const bool marked = std::ranges::any_of(crash.stack.frames, &Frame::in_bucket);
  const std::string name =
      crash.thread_name.empty() ? std::string() : fmt::format(" \"{}\"", escape_for_terminal(crash.thread_name));
  return heading(fmt::format("stack of thread {}{}{}", crash.tid, name, marked ? " (* counts in the bucket)" : "")) +
         stack_text(crash.stack, options, kShortStack, true);
}

std::string hidden_groups_text(const std::vector<ThreadGroup>& groups, std::size_t shown) {
  std::size_t hidden = 0;
  for (std::size_t i = shown; i < groups.size(); ++i) {
    hidden += groups[i].threads.size();
  }
  return hidden == 0 ? std::string{} : fmt::format("    ... {} more threads (--full shows them)\n", hidden);
}

std::string other_threads(const Crash& crash, const TextOptions& options) {
  const std::vector<ThreadGroup> groups = group_threads(crash.threads, crash.tid);
  if (groups.empty()) {
    return {};
  }
  std::string text = heading("other threads");
  const std::size_t shown = options.full ? groups.size() : std::min(groups.size(), kShortGroups);
  for (std::size_t i = 0; i < shown; ++i) {
    const Stack& stack = groups[i].threads.front()->stack;
    const std::string title = group_title(groups[i], options.full);
    text += options.full ? fmt::format("  {}\n{}", title, stack_text(stack, options, kNoLimit, false))
                         : fmt::format("    {}: {}\n", title, stack_in_one_line(stack, kOneLineFunctions));
  }
  return text + hidden_groups_text(groups, shown);
}

std::string registers_text(const Crash& crash) {
  if (crash.registers.empty()) {
    return {};
  }
  std::string text = heading("registers");
  for (const auto& [name, value] : crash.registers) {
    text += fmt::format("    {:<7}{}\n", escape_for_terminal(name), hex_value(value));
  }
  return text;
}

std::string modules_text(const Crash& crash) {
  if (crash.modules.empty()) {
    return {};
  }
  std::string text = heading("modules");
  for (const ModuleRecord& module : crash.modules) {
    text += fmt::format("    {} {:>10} {}{}\n", hex_value(module.base.value), hex_value(module.size),
                        escape_for_terminal(module.path),
                        module.symbols.empty() ? "" : fmt::format(" ({})", escape_for_terminal(module.symbols)));
  }
  return text;
}

std::string debug_strings_text(const Crash& crash, bool full) {
  if (crash.debug_strings.empty()) {
    return {};
  }
  std::string text = heading("debug output just before");
  const std::size_t count = crash.debug_strings.size();
  const std::size_t shown = full ? count : std::min(count, kShortDebugStrings);
  for (std::size_t i = count - shown; i < count; ++i) {
    text += fmt::format("    {}\n", escape_for_terminal(crash.debug_strings[i]));
  }
  return text;
}

std::string crash_text(const Crash& crash, const TextOptions& options) {
  std::string text = crash_rows(crash);
  text += crash_stack(crash, options);
  text += other_threads(crash, options);
  text += debug_strings_text(crash, options.full);
  if (options.full) {
    text += registers_text(crash);
    text += modules_text(crash);
  }
  return text;
}

std::string crashes_text(const RunReport& report, const TextOptions& options) {
  std::string text;
  for (const Crash& crash : report.crashes) {
    const bool first = &crash == &report.crashes.front();
    if (!first) {
      const std::string summary = crash.summary.empty() ? summarize_crash(crash) : crash.summary;
      text += heading(Paint(options.colour).alarm(escape_for_terminal(summary)));
    }
    if (first || options.full) {
      text += crash_text(crash, options);
    } else {
      text += row("bucket", crash.bucket);
    }
  }
  return text;
}

// From where each process ended itself, but those whose crash has shown it already.
std::string exit_stacks_text(const RunReport& report, const TextOptions& options) {
  std::string text;
  for (const ProcessRecord& process : report.processes) {
    const bool shown = std::ranges::any_of(
        report.crashes, [&](const Crash& crash) { return crash.pid == process.pid && !crash.stack.frames.empty(); });
    if (shown || !process.exit_stack || process.exit_stack->frames.empty()) {
      continue;
    }
    text += heading(fmt::format("stack from which {} ended with {}", process.pid,
                                describe_exit_status(process.exit_status.value_or(0))));
    text += stack_text(*process.exit_stack, options, kShortStack, true);
  }
  return text;
}

std::string stopped_processes_text(const std::vector<Hang::Process>& processes, std::string_view moment,
                                   const TextOptions& options) {
  std::string text;
  for (const Hang::Process& process : processes) {
    text += heading(fmt::format("threads of {} {} at the {}", process.pid, escape_for_terminal(process.image), moment));
    const std::vector<ThreadGroup> groups = group_threads(process.threads, 0);
    const std::size_t shown = options.full ? groups.size() : std::min(groups.size(), kShortGroups);
    for (std::size_t i = 0; i < shown; ++i) {
      text += fmt::format("  {}\n{}", group_title(groups[i], options.full),
                          stack_text(groups[i].threads.front()->stack, options, kShortHangStack, false));
    }
    text += hidden_groups_text(groups, shown);
  }
  return text;
}

std::string_view moment_of_look(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNormal:
      return "break";
    case Verdict::kInterrupted:
      return "interruption";
    default:
      return "timeout";
  }
}

std::string hang_text(const Hang& hang, std::string_view moment, const TextOptions& options) {
  std::string text = row("cause", hang.detail.empty() ? hang.cause : fmt::format("{}: {}", hang.cause, hang.detail));
  text += row("bucket", hang.bucket);
  return text + stopped_processes_text(hang.processes, moment, options);
}

std::string handled_text(const std::vector<HandledException>& handled, bool full) {
  if (handled.empty()) {
    return {};
  }
  std::string text = heading("exceptions that the program handled itself");
  const std::size_t shown = full ? handled.size() : std::min(handled.size(), kShortHandled);
  for (std::size_t i = 0; i < shown; ++i) {
    const ExceptionRow* known = find_exception(handled[i].code);
    text += fmt::format("    {} x {}{}{}\n", handled[i].count, escape_for_terminal(handled[i].name),
                        known == nullptr ? "" : ", ", known == nullptr ? "" : known->meaning);
  }
  if (shown < handled.size()) {
    text += fmt::format("    ... {} more codes (--full shows them)\n", handled.size() - shown);
  }
  return text;
}

std::string warnings_text(const std::vector<std::string>& warnings, const Paint& paint) {
  std::string text;
  for (const std::string& warning : warnings) {
    text += fmt::format("catcher: {}: {}\n", paint.caution("warning"), escape_for_terminal(warning));
  }
  return text;
}

std::string summary_line(const RunReport& report, const Paint& paint) {
  const std::string summary = escape_for_terminal(report.summary.empty() ? summarize_run(report) : report.summary);
  switch (report.verdict) {
    case Verdict::kNormal:
      return fmt::format("catcher: {}\n", summary);
    case Verdict::kTimeout:
    case Verdict::kInterrupted:
    case Verdict::kDefect:
      return fmt::format("catcher: {}\n", paint.caution(summary));
    case Verdict::kCrashed:
    case Verdict::kLimit:
    case Verdict::kStartFailed:
      break;
  }
  return fmt::format("catcher: {}\n", paint.alarm(summary));
}

}  // namespace

std::string to_text(const RunReport& report, const TextOptions& options) {
  const Paint paint(options.colour);
  const std::string exit_stacks = exit_stacks_text(report, options);
  const std::string handles = report.handles ? handles_text(*report.handles, options) : std::string();
  const std::string memory = report.memory ? memory_text(*report.memory, options) : std::string();
  const bool is_short_and_good = report.verdict == Verdict::kNormal && report.exit_code == 0 && !options.full;
  const std::string captured =
      report.captured && !is_short_and_good ? captured_text(*report.captured, options) : std::string();
  const std::string allocations = report.memory && report.memory->allocations
                                      ? allocations_text(*report.memory->allocations, options)
                                      : std::string();
  const bool has_findings = report.hang || !exit_stacks.empty() || !handles.empty() || !memory.empty() ||
                            !allocations.empty() || !captured.empty();
  if (report.verdict == Verdict::kNormal && !options.full && !has_findings) {
    return warnings_text(report.warnings, paint);
  }
  std::string text = summary_line(report, paint);
  text += options.full ? surroundings_row(report) : std::string();
  text += crashes_text(report, options);
  if (report.hang) {
    text += hang_text(*report.hang, moment_of_look(report.verdict), options);
  }
  if (report.limit) {
    text += stopped_processes_text(report.limit->processes, "limit", options);
  }
  text += handles;
  text += memory;
  text += allocations;
  text += exit_stacks;
  text += captured;
  if (!report.processes.empty() && report.verdict != Verdict::kStartFailed) {
    text += heading("processes") + process_tree_text(report.processes, options);
  }
  text += handled_text(report.handled_exceptions, options.full);
  return text + warnings_text(report.warnings, paint);
}

}  // namespace catcher
