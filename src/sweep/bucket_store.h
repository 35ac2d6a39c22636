#pragma once

#include "sweep/work_directory.h"

#include <catcher/sweep.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace catcher {

// What a run has shown, to be kept if it shows its bucket better than all before: by a smaller input.
struct SweepFinding {
  SweepRecord record;
  SweepEvidence evidence;
  RunReport report;
};

// The directories crashes, hangs, limits and defects of an output directory: of each bucket the smallest inputs, and of
// the smallest one all that its run has shown. What is kept depends on the inputs only, not on the order of the runs.
// Thread-safe.
class BucketStore {
 public:
  BucketStore(std::wstring out, std::size_t keep) : out_(std::move(out)), keep_(keep) {}

  // Takes up what an earlier sweep has left; `records` are its journal.
  void load(const std::vector<SweepRecord>& records);

  // True when this input would show its bucket: the evidence of its run is wanted.
  bool is_wanted(const std::string& bucket, std::uint64_t size, const std::string& hash) const;

  // Keeps the input if it is among the smallest. Throws std::system_error.
  void keep_example(const SweepRecord& record, const InputCopy& input, const std::wstring& source);

  // Keeps all that a run has shown, if it still shows its bucket. Throws std::system_error.
  void keep_evidence(SweepFinding finding);

  // What shows each bucket.
  std::vector<SweepEvidence> evidences() const;

  std::size_t bucket_count() const;

 private:
  struct Example {
    std::uint64_t size = 0;
    std::string hash;
    std::string file;
  };
  struct Entry {
    SweepOutcome outcome = SweepOutcome::kCrash;
    std::vector<Example> examples;  // smallest first
    SweepEvidence evidence;         // its bucket is empty: none is kept
  };

  std::wstring directory_of(SweepOutcome outcome, const std::string& bucket) const;
  bool is_wanted_now(const std::string& bucket, std::uint64_t size, const std::string& hash) const;
  bool note_example(Entry& entry, const Example& example, std::vector<Example>& dropped) const;

  std::wstring out_;
  std::size_t keep_;
  mutable std::mutex mutex_;  // guards what follows, and the files
  std::map<std::string, Entry> entries_;
};

// bucket.json of one bucket; nothing where there is none.
std::optional<SweepEvidence> load_evidence(const std::wstring& out, SweepOutcome outcome, const std::string& bucket);

}  // namespace catcher
