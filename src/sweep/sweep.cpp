#include <catcher/sweep.h>

#include "report/sweep_summary.h"
#include "sweep/output_directory.h"
#include "sweep/placeholder.h"
#include "sweep/sweep_identity.h"
#include "sweep/worker.h"
#include "sweep/worker_count.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <catcher/exit_code.h>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

namespace catcher {
namespace {

constexpr std::uint32_t kMostWorkers = 256;

void check_input(const SweepOptions& options) {
  const bool in_line = has_placeholder(options.run.command_line);
  const bool on_stdin = has_placeholder(to_utf16(options.run.capture.stdin_file));
  const bool has_inputs = !options.corpus.empty() || !options.list.empty();
  if (has_inputs && !in_line && !on_stdin) {
    throw SetupError(
        "the target would never see its input: put @@ into its command line where the path goes, or give --stdin @@");
  }
  if (!has_inputs && (in_line || on_stdin)) {
    throw SetupError("@@ stands for an input, and there are none: give --corpus DIR or --list FILE");
  }
  if (options.shard.count == 0 || options.shard.index == 0 || options.shard.index > options.shard.count) {
    throw SetupError(fmt::format("--shard {}/{}: give I/N, I from 1 to N", options.shard.index, options.shard.count));
  }
}

// As many as asked for, but never more than there are runs.
std::uint32_t worker_count(const SweepOptions& options, std::uint64_t runs, SweepState& state) {
  std::uint64_t wanted = options.workers.value_or(0) == 0 ? default_workers(options.run) : *options.workers;
  if (wanted > kMostWorkers) {
    state.warn(fmt::format("{} runs at once are more than anybody has: {} it is", wanted, kMostWorkers));
    wanted = kMostWorkers;
  }
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(runs, 1, wanted));
}

// The threads of a sweep; joined in any case.
class Crew {
 public:
  Crew() = default;
  ~Crew() {
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void hire(std::unique_ptr<Worker> worker) {
    workers_.push_back(std::move(worker));
    threads_.emplace_back([worker = workers_.back().get()] { worker->work(); });
  }

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
};

void run_all(const SweepOptions& options, const std::wstring& place, SweepState& state, BucketStore& store,
             const SweepObserver& observer) {
  SharedParts shared(options.run);
  const std::uint32_t workers = worker_count(options, state.progress().total, state);
  Crew crew;
  for (std::uint32_t i = 0; i < workers; ++i) {
    crew.hire(std::make_unique<Worker>(options, state, store, shared, place + L'\\' + std::to_wstring(i + 1)));
  }
  for (bool done = false; !done;) {
    done = state.wait_for_workers(workers);
    state.flush();
    if (observer.on_progress) {
      observer.on_progress(state.progress());
    }
  }
}

void note_end(SweepState& state) {
  try {
    if (state.is_complete()) {
      state.note_complete();
    }
  } catch (const std::system_error& error) {
    state.fail(fmt::format("the journal cannot be written: {}",
                           describe_win32_error(static_cast<std::uint32_t>(error.code().value()))),
               to_number(ExitCode::kCatcherFailed));
  }
}

}  // namespace

SweepReport sweep(const SweepOptions& options, const StopSource& stop, const SweepObserver& observer) {
  check_input(options);
  const std::wstring out = make_output_directory(options.out);
  const SweepIdentity identity = identity_of(options);
  Corpus corpus = list_corpus(options, out);
  JournalFile journal(out, identity);
  BucketStore store(out, kept_examples(identity));
  store.load(journal.found().records);
  SweepState state(options, std::move(corpus), std::move(journal), store, stop);
  const std::wstring place = work_place(out);
  run_all(options, place, state, store, observer);
  remove_contents(place, true);
  note_end(state);

  SweepReport report = summarize_sweep(identity, read_journal(read_file(journal_path(out))).records, store.evidences(),
                                       options.gate, kept_examples(identity));
  report.catcher_version = CATCHER_VERSION;
  report.complete = state.is_complete();
  report.interrupted = state.is_interrupted();
  report.failure = state.failure();
  report.warnings = state.warnings();
  if (report.interrupted) {
    report.exit_code = to_number(ExitCode::kInterrupted);
  } else if (report.exit_code == 0) {
    report.exit_code = state.failure_code();
  }
  write_summary(out, report);
  return report;
}

}  // namespace catcher
