#pragma once

#include "run/shared_run.h"
#include "sweep/bucket_store.h"
#include "sweep/corpus.h"
#include "sweep/journal_file.h"

#include <catcher/sweep.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace catcher {

// One run that is to be made.
struct Task {
  std::size_t input = 0;  // of the corpus
  std::uint32_t round = 1;
  std::string key;  // SweepRecord::input
};

// What the workers of one sweep share: which runs are left, and where results go. Thread-safe.
class SweepState {
 public:
  SweepState(const SweepOptions& options, Corpus corpus, JournalFile journal, BucketStore& store,
             const StopSource& stop);

  // The next run; nothing when there is none left, or none shall begin any more.
  std::optional<Task> next_task();

  // A finished run: into the journal.
  void finish(const SweepRecord& record);
  // An input that is another shard's.
  void pass_over();
  // A run that never began: the target could not start. Too many of these end the sweep.
  void note_start_failure(const RunReport& report);
  // Something that is worth telling once.
  void warn(std::string warning);
  // Ends the sweep: no further run begins.
  void fail(std::string failure, std::uint32_t exit_code);

  // One worker has nothing to do any more.
  void leave();
  // Waits until all workers have left, or about a second; true when they have.
  bool wait_for_workers(std::size_t workers);

  // Makes what was finished until now safe against a power cut.
  void flush();
  void note_complete();

  SweepProgress progress() const;
  bool is_complete() const;
  bool is_interrupted() const;
  const Corpus& corpus() const noexcept { return corpus_; }
  const std::string& failure() const noexcept { return failure_; }
  std::uint32_t failure_code() const noexcept { return failure_code_; }
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  std::uint64_t total() const;

  const SweepOptions& options_;
  const Corpus corpus_;
  const StopSource& stop_;
  const BucketStore& store_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  JournalFile journal_;
  std::set<std::string> finished_;  // by an earlier sweep: key, line feed, round
  std::uint64_t next_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t done_now_ = 0;
  std::uint64_t passed_over_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t hangs_ = 0;
  std::size_t left_ = 0;
  std::uint32_t start_failures_ = 0;  // one after the other
  bool skipped_ = false;              // a run is missing
  bool unflushed_ = false;
  bool stopped_ = false;
  std::string failure_;
  std::uint32_t failure_code_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace catcher
