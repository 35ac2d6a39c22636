#include "sweep/journal_file.h"

#include "report/escape.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <catcher/setup_error.h>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace catcher {
namespace {

constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_DELETE;  // others may read along, and copy

UniqueFile open_journal(const std::wstring& path) {
  return UniqueFile(CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, kShare, nullptr, OPEN_ALWAYS,
                                FILE_ATTRIBUTE_NORMAL, nullptr));
}

void write_at(HANDLE file, std::uint64_t at, std::string_view text) {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(at);
  place.OffsetHigh = static_cast<DWORD>(at >> 32U);
  DWORD done = 0;
  if (WriteFile(file, text.data(), static_cast<DWORD>(text.size()), &done, &place) == 0) {
    throw last_win32_error("WriteFile");
  }
  if (done != text.size()) {
    throw win32_error("WriteFile", ERROR_DISK_FULL);
  }
}

void cut(HANDLE file, std::uint64_t size) noexcept {
  LARGE_INTEGER end{};
  end.QuadPart = static_cast<LONGLONG>(size);
  if (SetFilePointerEx(file, end, nullptr, FILE_BEGIN) != 0) {
    SetEndOfFile(file);
  }
}

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) {
    result += (result.empty() ? "" : ", ") + text;
  }
  return result;
}

// What only the first of two has.
std::string missing(const std::vector<std::string>& of, const std::vector<std::string>& in) {
  std::vector<std::string> rest;
  for (const std::string& word : of) {
    if (std::ranges::find(in, word) == in.end()) {
      rest.push_back(word);
    }
  }
  return joined(rest);
}

std::string difference(std::string_view what, const std::string& there, const std::string& here) {
  const auto shown = [](const std::string& text) {
    return text.empty() ? std::string("none") : "'" + escape_for_terminal(text) + "'";
  };
  return there == here ? std::string() : fmt::format("{}: {} there, {} here", what, shown(there), shown(here));
}

}  // namespace

std::wstring journal_path(const std::wstring& out) {
  return out + L"\\journal.jsonl";
}

std::string describe_difference(const SweepIdentity& there, const SweepIdentity& here) {
  for (std::string text : {difference("the target's command line", there.command_line, here.command_line),
                           difference("where the inputs come from", joined(there.corpora), joined(here.corpora)),
                           difference("--shard", joined(there.shards), joined(here.shards))}) {
    if (!text.empty()) {
      return text;
    }
  }
  return difference("the options", missing(there.options, here.options), missing(here.options, there.options));
}

JournalFile::JournalFile(const std::wstring& out, const SweepIdentity& identity) {
  const std::wstring path = journal_path(out);
  const std::string shown = escape_for_terminal(to_utf8(out));
  file_ = open_journal(path);
  if (!file_) {
    const std::uint32_t error = last_error();
    throw SetupError(
        error == ERROR_SHARING_VIOLATION
            ? fmt::format("--out {}: another sweep is writing there; give each its own directory", shown)
            : fmt::format("--out {}: the journal cannot be written: {}", shown, describe_win32_error(error)));
  }
  const std::string text = read_file(path);
  found_ = read_journal(text);
  if (found_.identity) {
    if (const std::string text_of = describe_difference(*found_.identity, identity); !text_of.empty()) {
      throw SetupError(fmt::format("--out {}: there are results of another sweep: {}; give this one its own directory",
                                   shown, text_of));
    }
  } else if (text.find('\n') != std::string::npos) {
    throw SetupError(fmt::format("--out {}: its journal.jsonl is none of catcher's; give another directory", shown));
  }
  size_ = text.rfind('\n') + 1;  // npos + 1 is 0
  if (size_ != text.size()) {    // the line that was being written when catcher or the machine was stopped
    cut(file_.get(), size_);
  }
  if (!found_.identity) {
    append(identity_line(identity));
    flush();
  }
}

void JournalFile::append(std::string_view line) {
  try {
    write_at(file_.get(), size_, line);
  } catch (const std::system_error&) {
    cut(file_.get(), size_);
    throw;
  }
  size_ += line.size();
}

void JournalFile::flush() noexcept {
  FlushFileBuffers(file_.get());
}

}  // namespace catcher
