#pragma once

#include "sweep/sweep_state.h"
#include "sweep/work_directory.h"

#include <cstdint>
#include <string>

namespace catcher {

// One of the threads of a sweep: makes runs, one after the other, and says what became of them. The thread that calls
// work() becomes the debugger of its targets.
class Worker {
 public:
  // All that is given must outlive it. `directory` becomes the worker's own.
  Worker(const SweepOptions& options, SweepState& state, BucketStore& store, SharedParts& shared,
         std::wstring directory);

  // Until there is no run left. What goes wrong ends the sweep: nothing is thrown.
  void work() noexcept;

 private:
  void make_runs();
  void make_run(const Task& task);
  bool needs_copy(const std::wstring& source) const;
  RunReport run_once(const SweepRecord& record, const InputCopy& input) const;
  void keep(const SweepRecord& record, RunReport report, InputCopy& input, const std::wstring& source);
  void confirm(SweepEvidence& evidence, const SweepRecord& record, InputCopy& input, const std::wstring& source);

  const SweepOptions& options_;
  SweepState& state_;
  BucketStore& store_;
  SharedParts& shared_;
  std::wstring directory_;
  std::optional<WorkDirectory> work_;
  StopSource never_;  // a run that has begun is finished
};

}  // namespace catcher
