#include "report/sweep_summary.h"

#include "triage/path_name.h"
#include "triage/similarity.h"

#include <catcher/exit_code.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace catcher {

namespace {

struct DirectoryRow {
  SweepOutcome outcome;
  std::string_view name;
};
constexpr std::array kDirectories{
    DirectoryRow{SweepOutcome::kCrash, "crashes"},
    DirectoryRow{SweepOutcome::kHang, "hangs"},
    DirectoryRow{SweepOutcome::kLimit, "limits"},
    DirectoryRow{SweepOutcome::kDefect, "defects"},
};

// The worst first; what no rule ranked comes last.
constexpr std::array<std::string_view, 3> kSeverities{"high", "medium", "low"};

std::size_t severity_rank(const SweepBucket& bucket) {
  return static_cast<std::size_t>(std::ranges::find(kSeverities, bucket.evidence.severity) - kSeverities.begin());
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::string plain_name(std::string_view text) {
  std::string name(text.substr(0, 80));
  std::ranges::replace_if(name, [](char c) { return !is_plain(c); }, '-');
  return name;
}

// One run of an input more or less is told by these two.
using RunKey = std::pair<std::string_view, std::uint32_t>;

RunKey key_of(const SweepRecord& record) {
  return {record.input, record.round};
}

// By input; of two records of the same run the one that is written smaller stays, so that merging is the same whichever
// sweep comes first.
std::vector<SweepRecord> without_twins(std::vector<SweepRecord> records) {
  std::ranges::sort(records, [](const SweepRecord& a, const SweepRecord& b) {
    if (key_of(a) != key_of(b)) {
      return key_of(a) < key_of(b);
    }
    return a == b ? false : record_line(a) < record_line(b);
  });
  const auto is_same = [](const SweepRecord& a, const SweepRecord& b) { return key_of(a) == key_of(b); };
  records.erase(std::unique(records.begin(), records.end(), is_same), records.end());
  return records;
}

class Buckets {
 public:
  explicit Buckets(std::size_t keep) : keep_(keep) {}

  void add(const SweepRecord& record) {
    Entry& entry = entries_[record.bucket];
    entry.bucket.id = record.bucket;
    entry.bucket.outcome = record.outcome;
    ++entry.bucket.runs;
    entry.inputs.insert(record.input);
    if (!record.input.empty()) {
      const SweepExample example{record.input, example_file(record.size, record.hash, record.input), record.size,
                                 record.hash};
      add_example(entry.bucket.examples, example);
    }
  }

  void count_try(const SweepRecord& record) {
    for (const std::string& bucket : ended_in_[record.input]) {
      ++entries_[bucket].bucket.tries;
    }
  }

  // Which buckets each input has ended in: to be called when all records were added.
  void note_inputs() {
    for (const auto& [id, entry] : entries_) {
      for (const std::string_view input : entry.inputs) {
        ended_in_[input].push_back(id);
      }
    }
  }

  std::vector<SweepBucket> take() {
    std::vector<SweepBucket> buckets;
    for (auto& [id, entry] : entries_) {
      entry.bucket.inputs = entry.inputs.size();
      entry.bucket.directory = bucket_directory(entry.bucket.outcome, id);
      buckets.push_back(std::move(entry.bucket));
    }
    return buckets;
  }

 private:
  struct Entry {
    SweepBucket bucket;
    std::set<std::string_view> inputs;
  };

  void add_example(std::vector<SweepExample>& examples, const SweepExample& example) const {
    const auto before = [](const SweepExample& a, const SweepExample& b) {
      return is_smaller(a.size, a.hash, b.size, b.hash);
    };
    const auto place = std::ranges::lower_bound(examples, example, before);
    if (place != examples.end() && place->hash == example.hash) {
      // The same content under two names: which was run first must make no difference.
      place->input = std::min(place->input, example.input);
      place->file = std::min(place->file, example.file);
      return;
    }
    examples.insert(place, example);
    if (examples.size() > keep_) {
      examples.pop_back();
    }
  }

  std::size_t keep_;
  std::map<std::string, Entry> entries_;
  std::map<std::string_view, std::vector<std::string>> ended_in_;
};

void add_evidence(std::vector<SweepBucket>& buckets, const std::vector<SweepEvidence>& evidences) {
  for (SweepBucket& bucket : buckets) {
    bucket.evidence.outcome = bucket.outcome;
    bucket.evidence.bucket = bucket.id;
    for (const SweepEvidence& evidence : evidences) {
      if (evidence.bucket == bucket.id) {
        bucket.evidence = evidence;
        break;
      }
    }
  }
}

// When the first run of each bucket began, counted in runs.
void number_first_runs(std::vector<SweepBucket>& buckets, const std::vector<SweepRecord>& records) {
  std::vector<const SweepRecord*> by_time;
  for (const SweepRecord& record : records) {
    by_time.push_back(&record);
  }
  std::ranges::sort(by_time, [](const SweepRecord* a, const SweepRecord* b) {
    return std::tuple(a->at, key_of(*a)) < std::tuple(b->at, key_of(*b));
  });
  std::map<std::string_view, std::uint64_t> first;
  for (std::size_t i = 0; i < by_time.size(); ++i) {
    first.try_emplace(by_time[i]->bucket, i + 1);
  }
  for (SweepBucket& bucket : buckets) {
    bucket.first_run = first[bucket.id];
  }
}

void group_buckets(std::vector<SweepBucket>& buckets) {
  std::vector<std::vector<std::string>> stacks;
  for (const SweepBucket& bucket : buckets) {
    stacks.push_back(bucket.evidence.names);
  }
  const std::vector<std::size_t> groups = group_similar(stacks);
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i].group = groups[i];
    members[groups[i]].push_back(i);
  }
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    for (const std::size_t other : members[groups[i]]) {
      if (other != i) {
        buckets[i].similar.push_back(buckets[other].id);
      }
    }
  }
}

std::uint32_t code_of(const SweepBucket& bucket) {
  switch (bucket.outcome) {
    case SweepOutcome::kHang:
      return to_number(ExitCode::kTimeout);
    case SweepOutcome::kLimit:
      return to_number(ExitCode::kLimit);
    case SweepOutcome::kDefect:
      return to_number(ExitCode::kDefect);
    default:
      return bucket.evidence.exit_code != 0 ? bucket.evidence.exit_code : to_number(ExitCode::kCrashOther);
  }
}

// `records` stand by input.
std::vector<SweepPeak> highest_peaks(const std::vector<SweepRecord>& records) {
  constexpr std::size_t kMost = 10;
  std::vector<SweepPeak> peaks;
  for (const SweepRecord& record : records) {
    if (record.peak == 0) {
      continue;
    }
    if (peaks.empty() || peaks.back().input != record.input) {
      peaks.push_back({record.input, 0});
    }
    peaks.back().peak = std::max(peaks.back().peak, record.peak);
  }
  std::ranges::stable_sort(peaks, std::ranges::greater(), &SweepPeak::peak);
  peaks.resize(std::min(peaks.size(), kMost));
  return peaks;
}

}  // namespace

std::string bucket_directory(SweepOutcome outcome, const std::string& bucket) {
  const auto row = std::ranges::find(kDirectories, outcome, &DirectoryRow::outcome);
  return fmt::format("{}/{}", row == kDirectories.end() ? "others" : row->name, plain_name(bucket));
}

std::string example_file(std::uint64_t size, const std::string& hash, const std::string& input) {
  constexpr std::size_t kLongest = 16;
  const std::string_view name = file_name_of(input);
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? std::string_view() : name.substr(dot);
  // A name that ends in a dot is another one to Windows.
  const bool usable = extension.size() > 1 && extension.size() <= kLongest && std::ranges::all_of(extension, is_plain);
  return fmt::format("{:012}-{}{}", size, plain_name(hash).substr(0, 16), usable ? extension : std::string_view());
}

bool is_smaller(std::uint64_t size, const std::string& hash, std::uint64_t other_size, const std::string& other_hash) {
  return std::tie(size, hash) < std::tie(other_size, other_hash);
}

SweepReport summarize_sweep(const SweepIdentity& identity, std::vector<SweepRecord> records,
                            const std::vector<SweepEvidence>& evidences, const SweepGate& gate, std::size_t keep) {
  SweepReport report;
  report.command_line = identity.command_line;
  report.corpora = identity.corpora;
  report.shards = identity.shards;
  report.options = identity.options;
  report.records = without_twins(std::move(records));
  Buckets buckets(keep);
  std::string_view last_input;
  for (const SweepRecord& record : report.records) {
    report.inputs += report.runs == 0 || record.input != last_input ? 1U : 0U;
    last_input = record.input;
    ++report.runs;
    ++report.outcomes[record.outcome];
    report.started = report.runs == 1 ? record.at : std::min(report.started, record.at);
    report.ended = std::max(report.ended, record.at + record.duration);
    if (record.outcome == SweepOutcome::kPassed) {
      ++report.exit_codes[record.exit_code];
    } else if (!record.bucket.empty()) {
      buckets.add(record);
    }
  }
  buckets.note_inputs();
  for (const SweepRecord& record : report.records) {
    buckets.count_try(record);
  }
  report.peaks = highest_peaks(report.records);
  report.buckets = buckets.take();
  add_evidence(report.buckets, evidences);
  number_first_runs(report.buckets, report.records);
  std::ranges::sort(report.buckets, [](const SweepBucket& a, const SweepBucket& b) {
    return std::tuple(a.outcome, severity_rank(a), b.runs, std::string_view(a.id)) <
           std::tuple(b.outcome, severity_rank(b), a.runs, std::string_view(b.id));
  });
  group_buckets(report.buckets);
  report.has_baseline = gate.baseline.has_value();
  for (SweepBucket& bucket : report.buckets) {
    bucket.is_new = gate.baseline && std::ranges::find(*gate.baseline, bucket.id) == gate.baseline->end();
  }
  report.exit_code = sweep_exit_code(report, gate);
  return report;
}

std::uint32_t sweep_exit_code(const SweepReport& report, const SweepGate& gate) {
  for (const SweepBucket& bucket : report.buckets) {  // the worst comes first
    if (!gate.only_new || bucket.is_new) {
      return code_of(bucket);
    }
  }
  const auto untested = report.outcomes.find(SweepOutcome::kUntested);
  return untested != report.outcomes.end() && untested->second != 0 ? to_number(ExitCode::kCatcherFailed) : 0;
}

}  // namespace catcher
