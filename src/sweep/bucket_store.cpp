#include "sweep/bucket_store.h"

#include "report/html_report.h"
#include "report/json_report.h"
#include "report/sweep_journal.h"
#include "report/sweep_summary.h"
#include "report/text_report.h"
#include "triage/path_name.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <windows.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace catcher {
namespace {

constexpr const wchar_t* kDump = L"\\crash.dmp";

void make_directory(const std::wstring& path) {
  if (const std::uint32_t error = make_directories(path); error != ERROR_SUCCESS) {
    throw win32_error("CreateDirectoryW", error);
  }
}

void write_example(const std::wstring& path, const InputCopy& input, const std::wstring& source) {
  if (input.content) {
    write_file(path, *input.content);
  } else if (CopyFileW(source.c_str(), path.c_str(), FALSE) == 0) {
    throw last_win32_error("CopyFileW");
  }
}

// The dump was written where the worker's target had its place. Its new path is one from the report on, so that the
// directory can be moved.
void move_dump(Crash& crash, const std::wstring& directory) {
  const std::wstring to = directory + kDump;
  if (crash.minidump.empty()) {
    DeleteFileW(to.c_str());
  } else if (MoveFileExW(to_utf16(crash.minidump).c_str(), to.c_str(),
                         MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED) == 0) {
    crash.minidump_error = "the minidump could not be moved: " + describe_win32_error(last_error());
    crash.minidump.clear();
  } else {
    crash.minidump = "crash.dmp";
  }
}

}  // namespace

std::optional<SweepEvidence> load_evidence(const std::wstring& out, SweepOutcome outcome, const std::string& bucket) {
  std::wstring path = out + L'\\' + to_utf16(bucket_directory(outcome, bucket)) + L"\\bucket.json";
  std::ranges::replace(path, L'/', L'\\');
  try {
    auto evidence = read_evidence(read_file(path));
    return evidence && evidence->bucket == bucket ? evidence : std::nullopt;
  } catch (const std::system_error&) {
    return std::nullopt;  // it is not there: the next run that ends in this bucket shows it
  }
}

std::wstring BucketStore::directory_of(SweepOutcome outcome, const std::string& bucket) const {
  std::wstring path = out_ + L'\\' + to_utf16(bucket_directory(outcome, bucket));
  std::ranges::replace(path, L'/', L'\\');
  return path;
}

void BucketStore::load(const std::vector<SweepRecord>& records) {
  const std::lock_guard lock(mutex_);
  for (const SweepRecord& record : records) {
    if (record.bucket.empty()) {
      continue;
    }
    const auto [place, is_new] = entries_.try_emplace(record.bucket);
    Entry& entry = place->second;
    if (is_new) {
      entry.outcome = record.outcome;
      if (auto evidence = load_evidence(out_, record.outcome, record.bucket)) {
        entry.evidence = std::move(*evidence);
      }
    }
    if (!record.input.empty()) {
      std::vector<Example> dropped;
      note_example(entry, {record.size, record.hash, example_file(record.size, record.hash, record.input)}, dropped);
    }
  }
}

bool BucketStore::is_wanted_now(const std::string& bucket, std::uint64_t size, const std::string& hash) const {
  const auto found = entries_.find(bucket);
  if (found == entries_.end() || found->second.evidence.bucket.empty()) {
    return true;
  }
  const SweepEvidence& shown = found->second.evidence;
  return is_smaller(size, hash, shown.size, shown.hash);
}

bool BucketStore::is_wanted(const std::string& bucket, std::uint64_t size, const std::string& hash) const {
  const std::lock_guard lock(mutex_);
  return is_wanted_now(bucket, size, hash);
}

// False when there are enough smaller ones, or it is there already. Of the same content under two names the name that
// comes first stays, whichever was run first.
bool BucketStore::note_example(Entry& entry, const Example& example, std::vector<Example>& dropped) const {
  const auto before = [](const Example& a, const Example& b) { return is_smaller(a.size, a.hash, b.size, b.hash); };
  const auto place = std::ranges::lower_bound(entry.examples, example, before);
  const bool is_twin = place != entry.examples.end() && place->hash == example.hash;
  if (is_twin ? place->file <= example.file : static_cast<std::size_t>(place - entry.examples.begin()) >= keep_) {
    return false;
  }
  if (is_twin) {
    dropped.push_back(std::exchange(*place, example));
    return true;
  }
  entry.examples.insert(place, example);
  while (entry.examples.size() > keep_) {
    dropped.push_back(std::move(entry.examples.back()));
    entry.examples.pop_back();
  }
  return true;
}

void BucketStore::keep_example(const SweepRecord& record, const InputCopy& input, const std::wstring& source) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[record.bucket];
  entry.outcome = record.outcome;
  if (record.input.empty()) {
    return;
  }
  const Example example{record.size, record.hash, example_file(record.size, record.hash, record.input)};
  std::vector<Example> dropped;
  if (!note_example(entry, example, dropped)) {
    return;
  }
  const std::wstring inputs = directory_of(record.outcome, record.bucket) + L"\\inputs\\";
  const std::wstring path = inputs + to_utf16(example.file);
  try {
    if (!is_directory(inputs)) {
      make_directory(inputs.substr(0, inputs.size() - 1));
    }
    write_example(path, input, source);
  } catch (const std::system_error&) {
    std::erase_if(entry.examples, [&example](const Example& other) { return other.hash == example.hash; });
    throw;
  }
  for (const Example& old : dropped) {
    DeleteFileW((inputs + to_utf16(old.file)).c_str());
  }
}

void BucketStore::keep_evidence(SweepFinding finding) {
  const std::lock_guard lock(mutex_);
  const SweepRecord& record = finding.record;
  if (!is_wanted_now(record.bucket, record.size, record.hash)) {
    return;  // another worker was faster
  }
  const std::wstring directory = directory_of(record.outcome, record.bucket);
  make_directory(directory);
  if (!finding.report.crashes.empty()) {
    move_dump(finding.report.crashes.front(), directory);  // those of later ones go with the worker's directory
  }
  TextOptions text;
  text.full = true;
  write_file(directory + L"\\report.txt", to_text(finding.report, text));
  write_file(directory + L"\\report.json", to_json(finding.report));
  write_file(directory + L"\\report.html", to_html(finding.report));
  // The last one: where it is, the others are.
  write_file(directory + L"\\bucket.json", evidence_json(finding.evidence));
  Entry& entry = entries_[record.bucket];
  entry.outcome = record.outcome;
  entry.evidence = std::move(finding.evidence);
}

std::vector<SweepEvidence> BucketStore::evidences() const {
  const std::lock_guard lock(mutex_);
  std::vector<SweepEvidence> result;
  for (const auto& [id, entry] : entries_) {
    if (!entry.evidence.bucket.empty()) {
      result.push_back(entry.evidence);
    }
  }
  return result;
}

std::size_t BucketStore::bucket_count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace catcher
