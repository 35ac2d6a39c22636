#include "sweep/corpus.h"

#include "report/escape.h"
#include "triage/sha256.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/full_path.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace catcher {
namespace {

// FindFirstFileW's handle is for FindClose only.
struct FindCloser {
  using pointer = FileHandleCloser::pointer;
  void operator()(pointer find) const noexcept { FindClose(find); }
};

bool is_same_path(const std::wstring& a, const std::wstring& b) {
  return CompareStringOrdinal(a.c_str(), -1, b.c_str(), -1, TRUE) == CSTR_EQUAL;
}

// Walks a directory and everything below it, without following links to other places: they may lead in a circle.
class Walk {
 public:
  Walk(Corpus& corpus, std::wstring out) : corpus_(corpus), out_(std::move(out)) {}

  // Returns a Win32 error, or 0.
  std::uint32_t list(const std::wstring& below) {
    WIN32_FIND_DATAW entry{};
    const std::unique_ptr<void, FindCloser> find(FindFirstFileExW((corpus_.root + below + L'*').c_str(),
                                                                  FindExInfoBasic, &entry, FindExSearchNameMatch,
                                                                  nullptr, FIND_FIRST_EX_LARGE_FETCH));
    if (!find) {
      return last_error();
    }
    do {
      add(below, entry);
    } while (FindNextFileW(find.get(), &entry) != 0);
    return last_error() == ERROR_NO_MORE_FILES ? ERROR_SUCCESS : last_error();
  }

  void list_rest() {
    while (!directories_.empty()) {
      const std::wstring below = std::move(directories_.back());
      directories_.pop_back();
      if (const std::uint32_t error = list(below); error != ERROR_SUCCESS) {
        corpus_.warnings.push_back(fmt::format("the inputs in '{}' are left out: {}",
                                               escape_for_terminal(to_utf8(below)), describe_win32_error(error)));
      }
    }
  }

 private:
  void add(const std::wstring& below, const WIN32_FIND_DATAW& entry) {
    const std::wstring_view name = static_cast<const wchar_t*>(entry.cFileName);
    if ((entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
      corpus_.names.push_back(below + std::wstring(name));
    } else if (name != L"." && name != L".." && (entry.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0 &&
               !is_same_path(corpus_.root + below + std::wstring(name), out_)) {
      directories_.push_back(below + std::wstring(name) + L'\\');
    }
  }

  Corpus& corpus_;
  std::wstring out_;
  std::vector<std::wstring> directories_;
};

[[noreturn]] void refuse(std::string_view option, const std::string& word, std::string_view why) {
  throw SetupError(fmt::format("{} {}: {}", option, word, why));
}

Corpus list_directory(const SweepOptions& options, const std::wstring& out) {
  Corpus corpus;
  const std::wstring directory = full_path(to_utf16(options.corpus));
  corpus.root = long_path(directory);
  if (!is_directory(corpus.root)) {
    refuse("--corpus", options.corpus, "there is no such directory; for a list of files say --list FILE");
  }
  if (!corpus.root.ends_with(L'\\')) {
    corpus.root += L'\\';
  }
  Walk walk(corpus, long_path(out));
  if (const std::uint32_t error = walk.list(L""); error != ERROR_SUCCESS) {
    refuse("--corpus", options.corpus, describe_win32_error(error));
  }
  walk.list_rest();
  std::ranges::sort(corpus.names);
  if (corpus.names.empty()) {
    refuse("--corpus", options.corpus, "there is no file in it: nothing to run");
  }
  return corpus;
}

std::string read_stdin() {
  const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);  // not to be closed: it is the process's
  std::string text;
  std::string chunk(std::size_t{64} << 10, '\0');
  DWORD done = 0;
  while (ReadFile(input, chunk.data(), static_cast<DWORD>(chunk.size()), &done, nullptr) != 0 && done != 0) {
    text.append(chunk, 0, done);
  }
  return text;
}

std::string read_list(const std::string& list) {
  if (list == "-") {
    return read_stdin();
  }
  try {
    return read_file(long_path(full_path(to_utf16(list))));
  } catch (const std::system_error& error) {
    refuse("--list", list, describe_win32_error(static_cast<std::uint32_t>(error.code().value())));
  }
}

// UTF-8, with or without a mark, or UTF-16 with one, which is what PowerShell 5 writes.
std::wstring decoded(std::string_view text) {
  if (text.starts_with("\xff\xfe")) {
    std::wstring wide;
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
      wide += static_cast<wchar_t>(static_cast<unsigned char>(text[i]) |
                                   (unsigned{static_cast<unsigned char>(text[i + 1])} << 8U));
    }
    return wide;
  }
  return to_utf16(text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text);
}

Corpus list_lines(const SweepOptions& options) {
  Corpus corpus;
  const std::wstring text = decoded(read_list(options.list));
  std::set<std::wstring_view> seen;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(L'\n', begin), text.size());
    std::wstring_view line = std::wstring_view(text).substr(begin, end - begin);
    if (line.ends_with(L'\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty() && seen.insert(line).second) {
      corpus.names.emplace_back(line);
    }
    begin = end + 1;
  }
  if (corpus.names.empty()) {
    refuse("--list", options.list, "there is no line in it: nothing to run");
  }
  return corpus;
}

}  // namespace

std::wstring Corpus::path(std::size_t index) const {
  return root.empty() ? long_path(full_path(names[index])) : root + names[index];
}

std::string Corpus::key(std::size_t index) const {
  const std::wstring& name = names[index];
  std::string text = to_utf8(name);
  if (to_utf16(text) != name) {  // an unpaired surrogate
    const std::string_view bytes(reinterpret_cast<const char*>(name.data()), name.size() * sizeof(wchar_t));
    text += '?' + hex_of(sha256(bytes), 4);
  }
  if (!root.empty()) {
    std::ranges::replace(text, '\\', '/');
  }
  return text;
}

Corpus list_corpus(const SweepOptions& options, const std::wstring& out) {
  if (!options.corpus.empty()) {
    return list_directory(options, out);
  }
  return options.list.empty() ? Corpus() : list_lines(options);
}

}  // namespace catcher
