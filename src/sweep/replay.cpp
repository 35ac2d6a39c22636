#include "sweep/replay.h"

#include "sweep/finding.h"
#include "sweep/journal_file.h"
#include "sweep/output_directory.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <catcher/setup_error.h>

#include <fmt/format.h>

#include <system_error>

namespace catcher {
namespace {

std::wstring directory_above(const std::wstring& path) {
  return path.substr(0, path.find_last_of(L'\\'));
}

// The name that comes first; empty where there is none.
std::wstring first_file_in(const std::wstring& directory) {
  std::wstring first;
  WIN32_FIND_DATAW entry{};
  const HANDLE find = FindFirstFileW((directory + L"\\*").c_str(), &entry);
  if (find == INVALID_HANDLE_VALUE) {
    return {};
  }
  do {
    const std::wstring name = static_cast<const wchar_t*>(entry.cFileName);
    if ((entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 && (first.empty() || name < first)) {
      first = name;
    }
  } while (FindNextFileW(find, &entry) != 0);
  FindClose(find);
  return first.empty() ? first : directory + L'\\' + first;
}

std::string read(const std::wstring& path, const std::string& shown) {
  try {
    return read_file(path);
  } catch (const std::system_error& error) {
    throw SetupError(fmt::format("replay {}: {}: {}; name a bucket's directory in the output of a sweep", shown,
                                 to_utf8(path),
                                 describe_win32_error(static_cast<std::uint32_t>(error.code().value()))));
  }
}

}  // namespace

Replay load_replay(const std::string& directory) {
  const std::wstring path = results_path(directory);
  auto evidence = read_evidence(read(path + L"\\bucket.json", directory));
  const std::string journal = read(journal_path(directory_above(directory_above(path))), directory);
  auto identity = read_journal(journal.substr(0, journal.find('\n') + 1)).identity;
  if (!evidence || !identity) {
    throw SetupError(fmt::format("replay {}: its bucket.json or the journal is damaged", directory));
  }
  return {std::move(*identity), std::move(*evidence), first_file_in(path + L"\\inputs")};
}

std::vector<std::string> options_of_run(const SweepIdentity& identity) {
  std::vector<std::string> words;
  for (const std::string& word : identity.options) {
    if (!word.starts_with("--repeat=") && !word.starts_with("--keep=") && word != "--own-cwd") {
      words.push_back(word);
    }
  }
  return words;
}

std::string compare_with(const SweepEvidence& evidence, const RunReport& report) {
  const Classified now = classify(report);
  if (now.bucket == evidence.bucket) {
    return fmt::format("the same bucket again: {}", now.bucket);
  }
  if (now.bucket.empty()) {
    return fmt::format("not this time: it passed; the bucket was {}", evidence.bucket);
  }
  return fmt::format("another bucket: {} instead of {}", now.bucket, evidence.bucket);
}

}  // namespace catcher
