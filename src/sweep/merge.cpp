#include "report/sweep_summary.h"
#include "sweep/bucket_store.h"
#include "sweep/journal_file.h"
#include "sweep/output_directory.h"
#include "sweep/sweep_identity.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <catcher/exit_code.h>
#include <catcher/sweep.h>

#include <fmt/format.h>

#include <windows.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

namespace catcher {
namespace {

struct Source {
  std::wstring path;
  Journal journal;
};

std::string reason_of(const std::system_error& error) {
  return describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
}

Source read_source(const std::string& directory) {
  Source source{results_path(directory), {}};
  try {
    source.journal = read_journal(read_file(journal_path(source.path)));
  } catch (const std::system_error& error) {
    throw SetupError(fmt::format("{}: no results of a sweep there: journal.jsonl: {}", directory, reason_of(error)));
  }
  if (!source.journal.identity) {
    throw SetupError(fmt::format("{}: its journal.jsonl is none of catcher's", directory));
  }
  return source;
}

void unite(std::vector<std::string>& all, const std::vector<std::string>& more) {
  std::set<std::string> united(all.begin(), all.end());
  united.insert(more.begin(), more.end());
  all.assign(united.begin(), united.end());
}

// The sweeps must be of the same command; where their inputs came from may differ.
SweepIdentity united_identity(const std::vector<Source>& sources, const std::vector<std::string>& directories) {
  SweepIdentity all = *sources.front().journal.identity;
  for (std::size_t i = 1; i < sources.size(); ++i) {
    SweepIdentity other = *sources[i].journal.identity;
    unite(all.corpora, other.corpora);
    unite(all.shards, other.shards);
    other.corpora = all.corpora;
    other.shards = all.shards;
    if (const std::string text = describe_difference(all, other); !text.empty()) {
      throw SetupError(fmt::format("{} and {} are sweeps of different things: {} (there: the first)", directories[0],
                                   directories[i], text));
    }
  }
  return all;
}

std::wstring path_of(const std::wstring& root, const std::string& directory) {
  std::wstring path = root + L'\\' + to_utf16(directory);
  std::ranges::replace(path, L'/', L'\\');
  return path;
}

// Which source shows a bucket best: by the smallest input, and of equals the one whose evidence is written smaller, so
// that the order of the sources makes no difference.
struct Shown {
  const Source* source = nullptr;
  SweepEvidence evidence;
  std::string text;
};

std::map<std::string, Shown> best_shown(const std::vector<Source>& sources) {
  std::map<std::string, Shown> best;
  for (const Source& source : sources) {
    std::map<std::string, SweepOutcome> buckets;
    for (const SweepRecord& record : source.journal.records) {
      if (!record.bucket.empty()) {
        buckets.emplace(record.bucket, record.outcome);
      }
    }
    for (const auto& [bucket, outcome] : buckets) {
      auto evidence = load_evidence(source.path, outcome, bucket);
      if (!evidence) {
        continue;
      }
      Shown shown{&source, std::move(*evidence), {}};
      shown.text = evidence_json(shown.evidence);
      const auto key = [](const Shown& of) { return std::tie(of.evidence.size, of.evidence.hash, of.text); };
      Shown& known = best[bucket];
      if (known.source == nullptr || key(shown) < key(known)) {
        known = std::move(shown);
      }
    }
  }
  return best;
}

void copy(const std::wstring& from, const std::wstring& to, bool needed) {
  if (CopyFileW(from.c_str(), to.c_str(), FALSE) == 0 && needed) {
    throw last_win32_error("CopyFileW");
  }
}

void copy_bucket(const SweepBucket& bucket, const Shown* shown, const std::vector<Source>& sources,
                 const std::wstring& out) {
  const std::wstring to = path_of(out, bucket.directory);
  make_directories(to + (bucket.examples.empty() ? L"" : L"\\inputs"));
  for (const SweepExample& example : bucket.examples) {
    for (const Source& source : sources) {
      copy(path_of(source.path, bucket.directory) + L"\\inputs\\" + to_utf16(example.file),
           to + L"\\inputs\\" + to_utf16(example.file), false);
    }
  }
  if (shown != nullptr) {
    const std::wstring from = path_of(shown->source->path, bucket.directory);
    copy(from + L"\\crash.dmp", to + L"\\crash.dmp", false);
    copy(from + L"\\report.txt", to + L"\\report.txt", false);
    copy(from + L"\\report.json", to + L"\\report.json", false);
    copy(from + L"\\report.html", to + L"\\report.html", false);
    write_file(to + L"\\bucket.json", shown->text);
  }
}

// What is missing of the shards, as a sentence; empty when nothing is: there are no shards, or all of them.
std::string missing_shards(const std::vector<std::string>& shards) {
  std::map<std::string, std::set<std::string>> by_count;
  for (const std::string& shard : shards) {
    by_count[shard.substr(shard.find('/') + 1)].insert(shard);
  }
  std::string missing;
  for (const auto& [count, there] : by_count) {
    if (std::to_string(there.size()) == count) {
      return {};
    }
    missing = fmt::format("only {} of {} shards are there", there.size(), count);
  }
  return missing;
}

// That every source is finished is what the journal says, not that all are there: merged with the rest it is whole.
std::string journal_text(const SweepIdentity& identity, const SweepReport& report, bool is_finished) {
  std::string text = identity_line(identity);
  for (const SweepRecord& record : report.records) {
    text += record_line(record);
  }
  return is_finished ? text + complete_line() : text;
}

void refuse_own_source(const std::vector<Source>& sources, const std::wstring& out, const std::string& shown) {
  for (const Source& source : sources) {
    if (CompareStringOrdinal(source.path.c_str(), -1, out.c_str(), -1, TRUE) == CSTR_EQUAL) {
      throw SetupError(fmt::format("-o {}: that is one of those to be merged; give another directory", shown));
    }
  }
}

}  // namespace

SweepReport merge_sweeps(const std::vector<std::string>& directories, const std::string& out, const SweepGate& gate) {
  std::vector<Source> sources;
  for (const std::string& directory : directories) {
    sources.push_back(read_source(directory));
  }
  if (sources.empty()) {
    throw SetupError("nothing to merge: name the output directories of sweeps");
  }
  const SweepIdentity identity = united_identity(sources, directories);
  refuse_own_source(sources, results_path(out), out);
  const std::wstring to = make_output_directory(out);
  if (GetFileAttributesW(journal_path(to).c_str()) != INVALID_FILE_ATTRIBUTES) {
    throw SetupError(fmt::format("-o {}: there are results already; give a new directory", out));
  }
  std::vector<SweepRecord> records;
  for (const Source& source : sources) {
    records.insert(records.end(), source.journal.records.begin(), source.journal.records.end());
  }
  const auto shown = best_shown(sources);
  std::vector<SweepEvidence> evidences;
  for (const auto& [bucket, best] : shown) {
    evidences.push_back(best.evidence);
  }
  SweepReport report = summarize_sweep(identity, std::move(records), evidences, gate, kept_examples(identity));
  report.catcher_version = CATCHER_VERSION;
  const bool is_finished = std::ranges::all_of(sources, [](const Source& source) { return source.journal.complete; });
  const std::string missing = missing_shards(identity.shards);
  report.complete = is_finished && missing.empty();
  if (!missing.empty()) {
    report.warnings.push_back(missing);
  }
  if (!report.complete && report.exit_code == 0) {
    report.exit_code = to_number(ExitCode::kCatcherFailed);
  }
  try {
    for (const SweepBucket& bucket : report.buckets) {
      const auto best = shown.find(bucket.id);
      copy_bucket(bucket, best == shown.end() ? nullptr : &best->second, sources, to);
    }
    write_file(journal_path(to), journal_text(identity, report, is_finished));
  } catch (const std::system_error& error) {
    throw SetupError(fmt::format("-o {}: {}", out, reason_of(error)));
  }
  write_summary(to, report);
  return report;
}

}  // namespace catcher
