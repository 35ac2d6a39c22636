#include "sweep/sweep_state.h"

#include "run/stop_source.h"
#include "win32/error.h"

#include <catcher/exit_code.h>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace catcher {
namespace {

std::string name_of_run(const std::string& key, std::uint32_t round) {
  return fmt::format("{}\n{}", key, round);
}

}  // namespace

SweepState::SweepState(const SweepOptions& options, Corpus corpus, JournalFile journal, BucketStore& store,
                       const StopSource& stop)
    : options_(options), corpus_(std::move(corpus)), stop_(stop), store_(store), journal_(std::move(journal)) {
  for (const SweepRecord& record : journal_.found().records) {
    if (finished_.insert(name_of_run(record.input, record.round)).second) {
      ++done_;
      crashes_ += record.outcome == SweepOutcome::kCrash ? 1 : 0;
      hangs_ += record.outcome == SweepOutcome::kHang ? 1 : 0;
    }
  }
  warnings_ = corpus_.warnings;
  if (journal_.found().torn != 0) {
    warnings_.push_back(fmt::format(
        "{} line{} of the journal {} not whole: what was being written when an earlier sweep "
        "was stopped is run again",
        journal_.found().torn, journal_.found().torn == 1 ? "" : "s", journal_.found().torn == 1 ? "was" : "were"));
  }
}

std::uint64_t SweepState::total() const {
  return std::max<std::uint64_t>(corpus_.names.size(), 1) * options_.repeat;
}

std::optional<Task> SweepState::next_task() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t inputs = std::max<std::uint64_t>(corpus_.names.size(), 1);
  while (next_ < total() && !stopped_) {
    if (stop_.state()->asked) {
      stopped_ = true;
      break;
    }
    const std::uint64_t index = next_++;
    Task task;
    task.input = static_cast<std::size_t>(index % inputs);
    task.round = static_cast<std::uint32_t>(index / inputs) + 1;
    task.key = corpus_.names.empty() ? std::string() : corpus_.key(task.input);
    if (!finished_.contains(name_of_run(task.key, task.round))) {
      return task;
    }
  }
  return std::nullopt;
}

void SweepState::finish(const SweepRecord& record) {
  const std::lock_guard lock(mutex_);
  try {
    journal_.append(record_line(record));
  } catch (const std::system_error& error) {
    if (failure_.empty()) {
      failure_ =
          "the journal cannot be written: " + describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
      failure_code_ = to_number(ExitCode::kCatcherFailed);
    }
    stopped_ = true;
    skipped_ = true;
    return;
  }
  unflushed_ = true;
  start_failures_ = 0;
  ++done_;
  ++done_now_;
  crashes_ += record.outcome == SweepOutcome::kCrash ? 1 : 0;
  hangs_ += record.outcome == SweepOutcome::kHang ? 1 : 0;
}

void SweepState::pass_over() {
  const std::lock_guard lock(mutex_);
  ++passed_over_;
}

void SweepState::note_start_failure(const RunReport& report) {
  constexpr std::uint32_t kMost = 3;
  const std::lock_guard lock(mutex_);
  skipped_ = true;
  ++start_failures_;
  if (done_now_ == 0 || start_failures_ >= kMost) {
    stopped_ = true;
    if (failure_.empty()) {
      failure_ = report.summary;
      failure_code_ = report.exit_code;
    }
  }
}

void SweepState::warn(std::string warning) {
  constexpr std::size_t kMost = 100;
  const std::lock_guard lock(mutex_);
  if (warnings_.size() < kMost && std::ranges::find(warnings_, warning) == warnings_.end()) {
    warnings_.push_back(std::move(warning));
  }
}

void SweepState::fail(std::string failure, std::uint32_t exit_code) {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  skipped_ = true;
  if (failure_.empty()) {
    failure_ = std::move(failure);
    failure_code_ = exit_code;
  }
}

void SweepState::leave() {
  const std::lock_guard lock(mutex_);
  ++left_;
  changed_.notify_all();
}

bool SweepState::wait_for_workers(std::size_t workers) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(1), [&] { return left_ >= workers; });
}

void SweepState::flush() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(unflushed_, false)) {
      return;
    }
  }
  journal_.flush();  // the disk takes its time, and nobody's next run has to wait for it
}

void SweepState::note_complete() {
  const std::lock_guard lock(mutex_);
  if (!journal_.found().complete || done_now_ != 0) {
    journal_.append(complete_line());
    journal_.flush();
  }
}

SweepProgress SweepState::progress() const {
  const std::lock_guard lock(mutex_);
  SweepProgress progress;
  progress.total = total() - passed_over_;
  progress.done = done_;
  progress.done_now = done_now_;
  progress.crashes = crashes_;
  progress.hangs = hangs_;
  progress.buckets = store_.bucket_count();
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
  return progress;
}

bool SweepState::is_complete() const {
  const std::lock_guard lock(mutex_);
  return next_ >= total() && !skipped_;
}

bool SweepState::is_interrupted() const {
  return stop_.state()->asked && !is_complete();
}

}  // namespace catcher
