#include "triage/summary.h"

#include "triage/allocation_words.h"
#include "triage/exception_catalogue.h"
#include "triage/fault_description.h"
#include "triage/handle_words.h"
#include "triage/hex.h"
#include "triage/path_name.h"
#include "triage/status_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace catcher {

namespace {

// From here on a number is an NTSTATUS or an HRESULT, not an exit code that somebody would write in decimal.
constexpr std::uint32_t kFirstStatus = 0x40000000;

// exit(-1) and its like: no facility of NTSTATUS lies up there.
constexpr std::uint32_t kFirstSmallNegative = 0xFFFF0000;

// The frame that a person would look at first: the first that counts in the bucket (not the runtime's abort()), else
// the innermost.
const Frame* telling_frame(const Stack& stack) {
  const auto counted = std::ranges::find_if(stack.frames, &Frame::in_bucket);
  const auto frame = counted == stack.frames.end() ? stack.frames.begin() : counted;
  return frame == stack.frames.end() || frame->function.empty() ? nullptr : &*frame;
}

std::string in_function(const Stack& stack) {
  const Frame* frame = telling_frame(stack);
  if (frame == nullptr) {
    return {};
  }
  if (frame->file.empty()) {
    return " in " + frame->function;
  }
  return fmt::format(" in {} ({}:{})", frame->function, file_name_of(frame->file), frame->line);
}

std::string cxx_text(const CxxException& exception) {
  return exception.what.empty() ? "uncaught C++ exception " + exception.type
                                : fmt::format("uncaught C++ exception {}: {}", exception.type, exception.what);
}

std::string exception_text(const Crash& crash) {
  const ExceptionInfo& exception = *crash.exception;
  std::string text = crash.cxx ? cxx_text(*crash.cxx) : exception.name;
  if (!crash.cxx && !exception.detail.empty()) {
    text += ", " + exception.detail;
  }
  if (!crash.missing.empty()) {
    text += ", missing: " + crash.missing;
  }
  return fmt::format("{} at {}", text, describe_place(exception));
}

std::string abort_text(const Crash& crash) {
  if (!crash.assertion.empty()) {
    return "assertion failed: " + crash.assertion;
  }
  return crash.cxx ? cxx_text(*crash.cxx) : "abort() was called";
}

std::string exit_status_text(const Crash& crash) {
  std::string text = "ended with " + describe_exit_status(crash.exit_status.value_or(crash.status));
  if (!crash.missing.empty()) {
    text += ", missing: " + crash.missing;
  }
  return text;
}

std::size_t count_ended(const RunReport& report, HowEnded how) {
  return static_cast<std::size_t>(std::ranges::count(report.processes, how, &ProcessRecord::ended));
}

std::string killed_text(const RunReport& report) {
  if (report.processes.empty()) {
    return "no process was there yet";
  }
  const std::size_t killed = count_ended(report, HowEnded::kKilled);
  const std::size_t left = count_ended(report, HowEnded::kDetached);
  if (killed == 0 && left > 0) {
    return left == 1 ? "1 process was left running" : fmt::format("{} processes were left running", left);
  }
  return killed == 1 ? "1 process was killed" : fmt::format("{} processes were killed", killed);
}

std::string with_reason(std::string text, std::string_view reason) {
  return reason.empty() ? text : fmt::format("{}: {}", text, reason);
}

std::string summarize_crashes(const RunReport& report) {
  if (report.crashes.empty()) {
    return "crashed";
  }
  const Crash& first = report.crashes.front();
  const std::string text = first.summary.empty() ? summarize_crash(first) : first.summary;
  const std::size_t more = report.crashes.size() - 1;
  return more == 0 ? text : fmt::format("{} (and {} more {})", text, more, more == 1 ? "crash" : "crashes");
}

// `deadline`: how long the run was given; the report's duration also has the time that looking and killing took.
std::string summarize_timeout(const RunReport& report, std::string_view deadline) {
  if (report.limit) {
    return fmt::format("timeout: {}: {}", describe_limit(report, *report.limit), killed_text(report));
  }
  const std::string after = deadline.empty() ? describe_duration(report.duration) : std::string(deadline);
  const std::string text = fmt::format("timeout after {}: {}", after, killed_text(report));
  return report.hang && !report.hang->cause.empty() ? fmt::format("{} ({})", text, report.hang->cause) : text;
}

std::string summarize_end(const RunReport& report) {
  if (report.processes.empty()) {
    return "ended";
  }
  const ProcessRecord& root = report.processes.front();
  if (root.ended == HowEnded::kDetached) {
    const std::string who = fmt::format("{} (pid {})", file_name_of(root.image), root.pid);
    return report.hang ? fmt::format("looked at {}: {}; it was left running", who, report.hang->cause)
                       : fmt::format("{} was left running after {}", who, describe_duration(report.duration));
  }
  return fmt::format("{} ended with {} after {}", file_name_of(root.image),
                     root.exit_status ? describe_exit_status(*root.exit_status) : "an unknown exit code",
                     describe_duration(report.duration));
}

// The first thing that a probe found; empty where none has.
std::string defect_text(const RunReport& report) {
  if (report.handles) {
    const auto finding = std::ranges::find_if(report.handles->findings, &HandleFinding::is_defect);
    if (finding != report.handles->findings.end()) {
      return finding->summary;
    }
    const auto leak = std::ranges::find_if(report.handles->leaks, &HandleLeak::is_defect);
    if (leak != report.handles->leaks.end()) {
      return summarize_handle_leak(*leak);
    }
  }
  const AllocationGroup* worst =
      report.memory && report.memory->allocations ? worst_leak(*report.memory->allocations) : nullptr;
  return worst == nullptr ? std::string() : worst->summary;
}

}  // namespace

std::string describe_size(std::uint64_t bytes) {
  constexpr std::array kUnits{"KB", "MB", "GB", "TB"};
  if (bytes < 1024) {
    return fmt::format("{} bytes", bytes);
  }
  auto amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would be rounded up to 1024.0 belongs to the next unit.
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) {
    amount /= 1024;
  }
  return fmt::format("{:.1f} {}", amount, kUnits.at(unit));
}

std::string describe_limit(const RunReport& report, const LimitHit& hit) {
  const auto culprit = std::ranges::find(report.processes, hit.pid, &ProcessRecord::pid);
  const std::string who = hit.pid == 0 || culprit == report.processes.end()
                              ? std::string()
                              : fmt::format("{} (pid {})", file_name_of(culprit->image), hit.pid);
  const auto by = [&who](std::string_view how) {
    return who.empty() ? std::string() : fmt::format(", {} {}", how, who);
  };
  const auto time = [](std::uint64_t milliseconds) {
    return describe_duration(std::chrono::milliseconds(milliseconds));
  };
  switch (hit.kind) {
    case LimitKind::kMemory:
      return fmt::format("more than {} of memory were committed: {}{}", describe_size(hit.limit),
                         describe_size(hit.measured), by("most of it by"));
    case LimitKind::kProcesses:
      return fmt::format("more than {} {} alive: {}{}", hit.limit, hit.limit == 1 ? "process was" : "processes were",
                         hit.measured, by("the last one started by"));
    case LimitKind::kOutput:
      return fmt::format("more than {} of output: {}", describe_size(hit.limit), describe_size(hit.measured));
    case LimitKind::kIdle:
      return fmt::format("no processor time was used for {}", time(hit.limit));
    case LimitKind::kStart:
      return fmt::format("{} had not initialised its DLLs after {}", who.empty() ? "a process" : who, time(hit.limit));
  }
  return {};
}

std::string describe_exit_status(std::uint32_t status) {
  if (status < kFirstStatus) {
    return fmt::format("exit code {}", status);
  }
  if (status >= kFirstSmallNegative) {
    return fmt::format("exit code {} ({})", static_cast<std::int32_t>(status), hex_code(status));
  }
  const auto name = status_name(status);
  if (!name) {
    return "exit status " + hex_code(status);
  }
  const StatusRow* row = find_status(status);
  return row == nullptr ? fmt::format("exit status {} ({})", hex_code(status), *name)
                        : fmt::format("exit status {} ({}: {})", hex_code(status), *name, row->meaning);
}

std::string describe_duration(std::chrono::milliseconds duration) {
  constexpr std::int64_t kSecond = 1000;
  const std::int64_t milliseconds = duration.count();
  return milliseconds < kSecond ? fmt::format("{} ms", milliseconds)
                                : fmt::format("{:.1f} s", static_cast<double>(milliseconds) / kSecond);
}

std::string summarize_crash(const Crash& crash) {
  const std::string who = fmt::format("{} (pid {})", crash.image, crash.pid);
  switch (crash.kind) {
    case CrashKind::kAbort:
      return fmt::format("{} crashed: {}{}", who, abort_text(crash), in_function(crash.stack));
    case CrashKind::kExitStatus:
      // Where the loader gave up says nothing: what it missed does.
      return fmt::format("{} {}{}", who, exit_status_text(crash),
                         crash.missing.empty() ? in_function(crash.stack) : "");
    case CrashKind::kException:
    case CrashKind::kFailFast:
      break;
  }
  const std::string what = crash.exception ? exception_text(crash) : exception_name(crash.status);
  return fmt::format("{} crashed: {}{}{}", who, what, in_function(crash.stack),
                     crash.chance == Chance::kFirst ? " (first chance)" : "");
}

std::string summarize_run(const RunReport& report, std::string_view reason) {
  switch (report.verdict) {
    case Verdict::kNormal:
      return with_reason(summarize_end(report), reason);
    case Verdict::kCrashed:
      return with_reason(summarize_crashes(report), reason);
    case Verdict::kTimeout:
      return summarize_timeout(report, reason);
    case Verdict::kLimit:
      return fmt::format("limit: {}; {}", report.limit ? describe_limit(report, *report.limit) : std::string(reason),
                         killed_text(report));
    case Verdict::kInterrupted:
      return with_reason(
          fmt::format("interrupted after {}, {}", describe_duration(report.duration), killed_text(report)), reason);
    case Verdict::kStartFailed:
      return reason.empty() ? "the target could not be started" : std::string(reason);
    case Verdict::kDefect:
      return with_reason(summarize_end(report) + ", but a defect was found",
                         reason.empty() ? defect_text(report) : std::string(reason));
  }
  return {};
}

}  // namespace catcher
