#include "sweep/worker.h"

#include "report/escape.h"
#include "sweep/finding.h"
#include "sweep/placeholder.h"
#include "triage/bucket.h"
#include "win32/error.h"
#include "win32/utf.h"

#include <catcher/exit_code.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

namespace catcher {
namespace {

std::string reason_of(const std::system_error& error) {
  return describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
}

std::chrono::milliseconds utc_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
}

// A process that was never sampled together with others has its own peak.
std::uint64_t peak_of(const RunReport& report) {
  std::uint64_t peak = 0;
  if (report.memory) {
    for (const MemorySample& sample : report.memory->timeline) {
      peak = std::max(peak, sample.committed);
    }
    for (const ProcessMemoryReport& process : report.memory->processes) {
      peak = std::max(peak, process.peak);
    }
  }
  return peak;
}

bool is_in_shard(const std::string& hash, const SweepShard& shard) {
  const std::uint64_t value = std::strtoull(hash.substr(0, 8).c_str(), nullptr, 16);
  return value % shard.count == shard.index - 1;
}

}  // namespace

Worker::Worker(const SweepOptions& options, SweepState& state, BucketStore& store, SharedParts& shared,
               std::wstring directory)
    : options_(options), state_(state), store_(store), shared_(shared), directory_(std::move(directory)) {}

void Worker::work() noexcept {
  constexpr std::uint32_t kFailed = to_number(ExitCode::kCatcherFailed);
  try {
    work_.emplace(directory_);
    make_runs();
  } catch (const std::system_error& error) {
    state_.fail(error.what(), kFailed);
  } catch (const std::exception& error) {
    state_.fail(error.what(), kFailed);
  }
  work_.reset();
  state_.leave();
}

void Worker::make_runs() {
  while (const auto task = state_.next_task()) {
    make_run(*task);
    work_->clean();
  }
}

void Worker::make_run(const Task& task) {
  SweepRecord record;
  record.input = task.key;
  record.round = task.round;
  record.at = utc_now();
  InputCopy input;
  std::wstring source;
  if (!state_.corpus().names.empty()) {
    source = state_.corpus().path(task.input);
    try {
      input = needs_copy(source) ? work_->take(source) : work_->look_at(source);
    } catch (const UnreadableInput& unreadable) {
      record.outcome = SweepOutcome::kUntested;
      record.problem = unreadable.what();
      record.exit_code = to_number(ExitCode::kCatcherFailed);
      // Its content is not known, and with that its shard: the first one tells of it.
      return options_.shard.index == 1 ? state_.finish(record) : state_.pass_over();
    }
    record.size = input.size;
    record.hash = input.hash;
    if (!is_in_shard(record.hash, options_.shard)) {
      return state_.pass_over();
    }
  }
  RunReport report = run_once(record, input);
  if (report.verdict == Verdict::kStartFailed) {
    return state_.note_start_failure(report);
  }
  const Classified classified = classify(report);
  record.outcome = classified.outcome;
  record.bucket = classified.bucket;
  record.exit_code = report.exit_code;
  record.duration = report.duration;
  record.peak = peak_of(report);
  // What it has shown comes first: a journal that knows of it is never alone.
  keep(record, std::move(report), input, source);
  state_.finish(record);
}

// Not when it only goes to stdin, by a handle that cannot write.
bool Worker::needs_copy(const std::wstring& source) const {
  return has_placeholder(options_.run.command_line) || to_utf16(to_utf8(source)) != source;  // an unpaired surrogate
}

RunReport Worker::run_once(const SweepRecord& record, const InputCopy& input) const {
  Options options = options_.run;
  options.command_line = with_input(options.command_line, input.path);
  const std::string own = to_utf8(work_->path());
  if (!options.capture.stdin_file.empty() && has_placeholder(to_utf16(options.capture.stdin_file))) {
    options.capture.stdin_file = to_utf8(input.path);
  }
  // Before the user's own, which win.
  options.surroundings.variables.insert(options.surroundings.variables.begin(), {{"TEMP", own}, {"TMP", own}});
  if (options_.own_directory) {
    options.surroundings.directory = own;
  }
  options.evidence.dump_directory = own;
  RunObserver observer;
  observer.wants_dump = [&](const Crash& crash) {
    return store_.is_wanted(std::string(major_part(crash.bucket)), record.size, record.hash);
  };
  return run_sharing(options, never_, observer, shared_);
}

void Worker::keep(const SweepRecord& record, RunReport report, InputCopy& input, const std::wstring& source) {
  if (record.bucket.empty()) {
    return;
  }
  try {
    store_.keep_example(record, input, source);
    if (store_.is_wanted(record.bucket, record.size, record.hash)) {
      SweepFinding finding{record, evidence_of(report, {record.outcome, record.bucket}), std::move(report)};
      finding.evidence.input = record.input;
      finding.evidence.size = record.size;
      finding.evidence.hash = record.hash;
      confirm(finding.evidence, record, input, source);
      store_.keep_evidence(std::move(finding));
    }
  } catch (const std::system_error& error) {
    state_.warn(
        fmt::format("what shows {} could not be kept: {}", escape_for_terminal(record.bucket), reason_of(error)));
  }
}

void Worker::confirm(SweepEvidence& evidence, const SweepRecord& record, InputCopy& input, const std::wstring& source) {
  if (record.outcome != SweepOutcome::kCrash) {
    return;  // a hang would take its whole time again
  }
  for (std::uint32_t i = 0; i < options_.confirm; ++i) {
    if (!source.empty() && input.path != source) {
      work_->restore(input, source);
    }
    const RunReport again = run_once(record, input);
    evidence.confirm_same += classify(again).bucket == record.bucket ? 1U : 0U;
    ++evidence.confirm_runs;
  }
}

}  // namespace catcher
