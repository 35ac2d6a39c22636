#pragma once

#include <catcher/run.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

/// Which part of the inputs this machine takes. An input belongs to the part that its content's hash says, so that
/// parts never overlap, however the files are called and listed.
struct SweepShard {
  std::uint32_t index = 1;  ///< 1 to `count`
  std::uint32_t count = 1;
};

/// Which findings decide the exit code of a sweep.
struct SweepGate {
  std::optional<std::vector<std::string>> baseline;  ///< ids of buckets that are known already; none: nobody said
  bool only_new = false;                             ///< what the baseline has does not fail the sweep
};

/// Everything one sweep can be told: one run for each input, in parallel.
struct SweepOptions {
  /// How each run is made. Every "@@" in the command line stands for the path of the worker's private copy of the
  /// input; Capture::stdin_file "@@" gives the input to the target as its standard input. EvidenceLimits::dump_type
  /// says which minidump a bucket gets; its directory is not used. What the target writes goes nowhere, unless
  /// Capture::pass_through is false: then the end of it is in the reports.
  Options run;
  std::string corpus;                    ///< directory whose files are the inputs, at any depth; UTF-8; empty: none
  std::string list;                      ///< file that names an input a line, "-": catcher's stdin; UTF-8; empty: none
  std::uint32_t repeat = 1;              ///< how often each input is run; without inputs, the command itself
  std::string out;                       ///< directory of the results, UTF-8; one that has some already is continued
  std::optional<std::uint32_t> workers;  ///< runs at the same time; none: as many as there are processors
  std::uint32_t keep = 5;                ///< inputs that are kept of each bucket, the smallest ones
  std::uint32_t confirm = 0;             ///< how often a crash that a bucket is shown by is run again
  bool own_directory = false;            ///< each worker's target starts in a directory of its own
  SweepShard shard;
  SweepGate gate;
};

/// What became of one input, or of a group of them. The words of the JSON are those behind the k.
enum class SweepOutcome {
  kPassed,  ///< ended by itself, with whatever exit code
  kCrash,
  kHang,  ///< the deadline passed, or it went idle
  kLimit,
  kDefect,   ///< a probe found a defect
  kUntested  ///< the input could not be read
};

/// One finished run: one line of the journal.
struct SweepRecord {
  std::string input;        ///< its path in the corpus with '/', or as the list has it; empty: there are no inputs
  std::uint32_t round = 1;  ///< of SweepOptions::repeat
  std::uint64_t size = 0;   ///< bytes
  std::string hash;         ///< of the content: the first 16 bytes of its SHA-256, hexadecimal
  SweepOutcome outcome = SweepOutcome::kPassed;
  std::uint32_t exit_code = 0;     ///< what catcher would have exited with
  std::string bucket;              ///< empty after a run that passed
  std::string problem;             ///< why it was not tested
  std::chrono::milliseconds at{};  ///< when it began, since 1970 (UTC)
  std::chrono::milliseconds duration{};
  std::uint64_t peak = 0;  ///< the most that its tree had committed, bytes; 0: not measured (MemoryOptions::probe)

  friend bool operator==(const SweepRecord&, const SweepRecord&) = default;
};

/// An input that a bucket is shown by.
struct SweepExample {
  std::string input;  ///< as in SweepRecord
  std::string file;   ///< file name in the bucket's directory `inputs`
  std::uint64_t size = 0;
  std::string hash;
};

/// What was kept of the run that shows a bucket: that of its smallest input.
struct SweepEvidence {
  std::string bucket;
  SweepOutcome outcome = SweepOutcome::kCrash;
  std::string summary;  ///< one line; may contain text of the debuggee
  std::string image;    ///< file name of the program
  std::uint32_t exit_code = 0;
  std::string severity;  ///< crashes only, as the next two
  std::string rule;
  std::string why;
  std::string minor;               ///< the whole bucket of that run
  std::vector<Frame> stack;        ///< at most 64 frames, innermost first; empty for what is no crash
  std::vector<std::string> names;  ///< of the frames that count, canonical: what similarity is worked out from
  std::string input;               ///< as in SweepRecord, as the next two
  std::uint64_t size = 0;
  std::string hash;
  std::uint32_t confirm_runs = 0;  ///< how often that input was run again, and how often the same bucket came of it
  std::uint32_t confirm_same = 0;
};

/// One bucket: one bug, most likely.
struct SweepBucket {
  SweepOutcome outcome = SweepOutcome::kCrash;
  std::string id;         ///< "h1:3f2a…", "limit:memory", "defect:…"
  std::string directory;  ///< with what was kept, from the output directory on: "crashes/h1-3f2a…"
  SweepEvidence evidence;
  std::uint64_t runs = 0;       ///< runs that ended here
  std::uint64_t inputs = 0;     ///< different inputs that did
  std::uint64_t tries = 0;      ///< all runs of these inputs: more than `runs` where the crash comes only sometimes
  std::uint64_t first_run = 0;  ///< how many runs had begun when the first of these did, itself counted
  std::vector<SweepExample> examples;  ///< smallest first
  std::size_t group = 0;               ///< buckets with the same number have similar stacks
  std::vector<std::string> similar;    ///< the others of that group
  bool is_new = false;                 ///< not in the baseline; false without one

  /// True when the same input did not always end here.
  bool is_flaky() const { return tries > runs || evidence.confirm_same < evidence.confirm_runs; }
};

/// How much memory an input took.
struct SweepPeak {
  std::string input;       ///< as in SweepRecord
  std::uint64_t peak = 0;  ///< bytes, of its most expensive run
};

/// What a sweep has found until now, or two of them together: a function of the journal and of what was kept.
struct SweepReport {
  std::string catcher_version;
  std::string command_line;             ///< of the target, with "@@"
  std::vector<std::string> corpora;     ///< where the inputs came from: one, or several after a merge
  std::vector<std::string> shards;      ///< "2/8"; sorted
  std::vector<std::string> options;     ///< of the runs, that are not the default: "--timeout=5000ms"
  std::chrono::milliseconds started{};  ///< of the first run, since 1970 (UTC); zero: there was none
  std::chrono::milliseconds ended{};    ///< of the last run
  std::uint64_t runs = 0;
  std::uint64_t inputs = 0;                           ///< different ones
  std::map<SweepOutcome, std::uint64_t> outcomes;     ///< how many runs ended how
  std::map<std::uint32_t, std::uint64_t> exit_codes;  ///< of the runs that passed
  std::vector<SweepPeak> peaks;                       ///< the inputs that took most memory, the most first; at most ten
  std::vector<SweepBucket> buckets;                   ///< crashes first; the worst first, then the most frequent
  bool complete = false;                              ///< every input was run
  bool has_baseline = false;
  bool interrupted = false;
  std::string failure;                ///< why it ended before its end, beside an interruption; may be empty
  std::uint32_t exit_code = 0;        ///< what catcher exits with
  std::vector<std::string> warnings;  ///< one line each
  std::vector<SweepRecord> records;   ///< every run, by input
};

/// How far a sweep is.
struct SweepProgress {
  std::uint64_t total = 0;     ///< runs in all; of a shard, those of the whole corpus, until they are looked at
  std::uint64_t done = 0;      ///< finished, those of an earlier sweep into the same directory included
  std::uint64_t done_now = 0;  ///< finished by this one
  std::uint64_t crashes = 0;
  std::uint64_t hangs = 0;
  std::uint64_t buckets = 0;
  std::chrono::milliseconds elapsed{};
};

/// What a caller may watch while a sweep goes on. Called on the thread that called sweep(), about once a second.
struct SweepObserver {
  std::function<void(const SweepProgress& progress)> on_progress;
};

/// Runs the target once for every input and leaves the results in SweepOptions::out: docs/sweep.md. Blocks. When `stop`
/// is asked for, the runs that have begun are finished and no other is begun. What ends it later than that (a full
/// disk, a target that cannot start) is SweepReport::failure. Throws SetupError when something that the options name
/// cannot be had, above all when the output directory holds a sweep of something else.
SweepReport sweep(const SweepOptions& options, const StopSource& stop, const SweepObserver& observer = {});

/// Writes what several sweeps of the same command have found into one output directory, as if it had been one. Which
/// comes first makes no difference, and neither does one that is named twice. Throws SetupError.
SweepReport merge_sweeps(const std::vector<std::string>& directories, const std::string& out,
                         const SweepGate& gate = {});

}  // namespace catcher
