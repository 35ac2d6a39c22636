#include "sweep/finding.h"

#include "triage/allocation_words.h"
#include "triage/bucket.h"
#include "triage/names.h"
#include "triage/path_name.h"
#include "triage/sha256.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace catcher {
namespace {

constexpr std::size_t kFrames = 64;

// A line without its numbers: handle values, pids and counts differ from run to run.
std::string without_numbers(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool in_word = i > 0 && std::isalpha(static_cast<unsigned char>(text[i - 1])) != 0;
    if (in_word || std::isdigit(static_cast<unsigned char>(text[i])) == 0) {
      result += text[i];
      continue;
    }
    while (i + 1 < text.size() && std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0) {
      ++i;
    }
    result += '#';
  }
  return result;
}

std::string functions_of(const Stack& stack) {
  std::string text;
  for (std::size_t i = 0; i < std::min(stack.frames.size(), kFrames); ++i) {
    const Frame& frame = stack.frames[i];
    text += frame.module + '!' + frame.function + '\n';
  }
  return text;
}

// What was found and where: nothing of how long it took, how much it was, or in which order it came.
std::string identity_of_defect(const RunReport& report) {
  if (report.handles) {
    const auto finding = std::ranges::find_if(report.handles->findings, &HandleFinding::is_defect);
    if (finding != report.handles->findings.end()) {
      return without_numbers(finding->summary);
    }
    const auto leak = std::ranges::find_if(report.handles->leaks, &HandleLeak::is_defect);
    if (leak != report.handles->leaks.end()) {
      return leak->image + '\n' + leak->opened.type + '\n' + functions_of(leak->opened.stack);
    }
  }
  const AllocationGroup* worst =
      report.memory && report.memory->allocations ? worst_leak(*report.memory->allocations) : nullptr;
  return worst == nullptr ? without_numbers(report.summary)
                          : worst->image + '\n' + worst->function + '\n' + functions_of(worst->stack);
}

std::string bucket_of_crash(const Crash& crash) {
  return crash.bucket.empty() ? bucket_of(crash).id : crash.bucket;
}

const Stack* first_stack(const std::vector<Hang::Process>& processes) {
  return processes.empty() || processes.front().threads.empty() ? nullptr : &processes.front().threads.front().stack;
}

const Stack* stack_of(const RunReport& report) {
  if (!report.crashes.empty()) {
    return &report.crashes.front().stack;
  }
  if (report.hang) {
    return first_stack(report.hang->processes);
  }
  return report.limit ? first_stack(report.limit->processes) : nullptr;
}

}  // namespace

Classified classify(const RunReport& report) {
  switch (report.verdict) {
    case Verdict::kCrashed:
      return {SweepOutcome::kCrash, std::string(major_part(bucket_of_crash(report.crashes.front())))};
    case Verdict::kTimeout: {
      const std::string bucket = report.hang ? report.hang->bucket : std::string();
      return {SweepOutcome::kHang, bucket.empty() ? "hang:unknown" : std::string(major_part(bucket))};
    }
    case Verdict::kLimit:
      return {SweepOutcome::kLimit,
              "limit:" + std::string(report.limit ? limit_kind_name(report.limit->kind) : "unknown")};
    case Verdict::kDefect:
      return {SweepOutcome::kDefect, "defect:" + hex_of(sha256(identity_of_defect(report)), 8)};
    default:
      return {};
  }
}

SweepEvidence evidence_of(const RunReport& report, const Classified& classified) {
  SweepEvidence evidence;
  evidence.outcome = classified.outcome;
  evidence.bucket = classified.bucket;
  evidence.summary = report.summary;
  evidence.exit_code = report.exit_code;
  if (!report.processes.empty()) {
    evidence.image = file_name_of(report.processes.front().image);
  }
  if (classified.outcome == SweepOutcome::kCrash) {
    const Crash& crash = report.crashes.front();
    evidence.image = crash.image;
    evidence.severity = crash.severity;
    evidence.rule = crash.rule;
    evidence.why = crash.why;
    evidence.minor = bucket_of_crash(crash);
    evidence.names = bucket_of(crash).names;
  } else if (report.hang) {
    evidence.minor = report.hang->bucket;
  }
  if (const Stack* stack = stack_of(report)) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(stack->frames.size(), kFrames));
    evidence.stack.assign(stack->frames.begin(), stack->frames.begin() + count);
  }
  return evidence;
}

}  // namespace catcher
