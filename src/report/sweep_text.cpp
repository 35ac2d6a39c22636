#include "report/sweep_text.h"

#include "report/escape.h"
#include "report/paint.h"
#include "report/sweep_journal.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace catcher {

namespace {

constexpr std::size_t kMostBuckets = 50;  // all are in summary.json
constexpr std::size_t kMostSimilar = 3;

struct OutcomeWords {
  SweepOutcome outcome;
  std::string_view did;
};
constexpr std::array kWords{
    OutcomeWords{SweepOutcome::kPassed, "passed"},
    OutcomeWords{SweepOutcome::kCrash, "crashed"},
    OutcomeWords{SweepOutcome::kHang, "hung"},
    OutcomeWords{SweepOutcome::kLimit, "hit a limit"},
    OutcomeWords{SweepOutcome::kDefect, "have a defect"},
    OutcomeWords{SweepOutcome::kUntested, "were not tested"},
};

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::uint64_t count_of(const SweepReport& report, SweepOutcome outcome) {
  const auto found = report.outcomes.find(outcome);
  return found == report.outcomes.end() ? 0 : found->second;
}

std::string counts(const SweepReport& report) {
  std::string text;
  for (const OutcomeWords& words : kWords) {
    const std::uint64_t count = count_of(report, words.outcome);
    if (count != 0 || words.outcome == SweepOutcome::kPassed) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, words.did);
    }
  }
  return text;
}

// "12 of 400 runs", "12 runs": how often.
std::string how_often(const SweepBucket& bucket) {
  return bucket.tries > bucket.runs
             ? fmt::format("{} of {} of its inputs", counted(bucket.runs, "run"), counted(bucket.tries, "run"))
             : counted(bucket.runs, "run");
}

std::string similar_text(const SweepBucket& bucket) {
  std::string text;
  for (std::size_t i = 0; i < std::min(bucket.similar.size(), kMostSimilar); ++i) {
    text += (i == 0 ? "" : ", ") + escape_for_terminal(bucket.similar[i]);
  }
  return bucket.similar.size() > kMostSimilar
             ? fmt::format("{} and {} more", text, bucket.similar.size() - kMostSimilar)
             : text;
}

std::string bucket_text(const SweepBucket& bucket, const SweepReport& report, const Paint& paint) {
  const std::string what = fmt::format("{}{}{}", outcome_name(bucket.outcome),
                                       bucket.evidence.severity.empty() ? "" : ", ", bucket.evidence.severity);
  const bool is_crash = bucket.outcome == SweepOutcome::kCrash;
  std::string text = fmt::format("\n  {}  {}  {}{}\n", is_crash ? paint.alarm(what) : paint.caution(what),
                                 escape_for_terminal(bucket.id), how_often(bucket),
                                 report.has_baseline ? (bucket.is_new ? ", new" : ", known") : "");
  if (!bucket.evidence.summary.empty()) {
    text += fmt::format("    {}\n", escape_for_terminal(bucket.evidence.summary));
  }
  if (bucket.evidence.confirm_runs != 0) {
    text += fmt::format("    run again, it came {} of {} times{}\n", bucket.evidence.confirm_same,
                        bucket.evidence.confirm_runs,
                        bucket.evidence.confirm_same < bucket.evidence.confirm_runs ? ": flaky" : "");
  }
  if (!bucket.examples.empty()) {
    const SweepExample& smallest = bucket.examples.front();
    text += fmt::format("    smallest of {}: {} ({})\n", counted(bucket.inputs, "input"),
                        escape_for_terminal(smallest.input), describe_size(smallest.size));
  }
  if (!bucket.similar.empty()) {
    text += fmt::format("    similar: {}\n", similar_text(bucket));
  }
  return text + paint.faint(fmt::format("    {}", escape_for_terminal(bucket.directory))) + '\n';
}

std::string first_line(const SweepReport& report) {
  std::string text = fmt::format("catcher: {}", counted(report.runs, "run"));
  if (report.inputs > 1 || count_of(report, SweepOutcome::kUntested) != 0) {
    text += fmt::format(" of {}", counted(report.inputs, "input"));
  }
  text += fmt::format(": {}", counts(report));
  if (!report.buckets.empty()) {
    text += fmt::format("; {}", counted(report.buckets.size(), "bucket"));
  }
  if (report.has_baseline) {
    text += fmt::format(", {} new", std::ranges::count(report.buckets, true, &SweepBucket::is_new));
  }
  return text + '\n';
}

std::string end_lines(const SweepReport& report, const Paint& paint) {
  std::string text;
  if (!report.failure.empty()) {
    text += fmt::format("catcher: {}\n", paint.alarm("the sweep ended early: " + escape_for_terminal(report.failure)));
  }
  if (report.interrupted) {
    text += "catcher: interrupted; the same command continues where it stopped\n";
  } else if (!report.complete && report.failure.empty()) {
    text += "catcher: not every input was run; the command of the sweep, given again, runs what is left\n";
  }
  for (const std::string& warning : report.warnings) {
    text += fmt::format("catcher: {}\n", paint.caution("warning: " + escape_for_terminal(warning)));
  }
  return text;
}

std::string untested_lines(const SweepReport& report) {
  constexpr std::size_t kMost = 10;
  std::string text;
  std::size_t count = 0;
  for (const SweepRecord& record : report.records) {
    if (record.outcome == SweepOutcome::kUntested && ++count <= kMost) {
      text +=
          fmt::format("  not tested: {}: {}\n", escape_for_terminal(record.input), escape_for_terminal(record.problem));
    }
  }
  return count > kMost ? text + fmt::format("  and {} more\n", count - kMost) : text;
}

std::string peaks_line(const SweepReport& report) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(report.peaks.size(), kMost); ++i) {
    const SweepPeak& peak = report.peaks[i];
    const std::string input = peak.input.empty() ? std::string() : escape_for_terminal(peak.input) + ' ';
    text += fmt::format("{}{}{}", i == 0 ? "  most memory: " : ", ", input, describe_size(peak.peak));
  }
  return text.empty() ? text : text + '\n';
}

}  // namespace

std::string to_text(const SweepReport& report, bool colour) {
  const Paint paint(colour);
  std::string text = first_line(report);
  for (std::size_t i = 0; i < std::min(report.buckets.size(), kMostBuckets); ++i) {
    text += bucket_text(report.buckets[i], report, paint);
  }
  if (report.buckets.size() > kMostBuckets) {
    text += fmt::format("\n  and {} more, in summary.json\n", report.buckets.size() - kMostBuckets);
  }
  if (!report.buckets.empty()) {
    text += '\n';
  }
  return text + peaks_line(report) + untested_lines(report) + end_lines(report, paint);
}

std::string to_text(const SweepProgress& progress) {
  const double seconds = static_cast<double>(progress.elapsed.count()) / 1000;
  const double rate = seconds > 0 ? static_cast<double>(progress.done_now) / seconds : 0;
  std::string text = fmt::format("{}/{}  {:.1f} runs/s  {}  {}  {}", progress.done, progress.total, rate,
                                 fmt::format("{} crash{}", progress.crashes, progress.crashes == 1 ? "" : "es"),
                                 counted(progress.buckets, "bucket"), counted(progress.hangs, "hang"));
  if (rate > 0 && progress.total > progress.done) {
    const auto left = static_cast<std::int64_t>(static_cast<double>(progress.total - progress.done) / rate);
    text += fmt::format("  {}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
  }
  return text;
}

}  // namespace catcher
