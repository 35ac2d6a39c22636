#include "sweep/output_directory.h"

#include "report/html_sweep.h"
#include "report/sweep_journal.h"
#include "report/sweep_text.h"
#include "triage/sha256.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/full_path.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <system_error>

namespace catcher {
namespace {

// The longest path in it, of an example, has some 90 characters more.
constexpr std::size_t kLongestShort = 150;

}  // namespace

std::wstring results_path(const std::string& directory) {
  const std::wstring path = full_path(to_utf16(directory));
  return path.size() > kLongestShort ? long_path(path) : path;
}

std::wstring work_place(const std::wstring& results) {
  wchar_t temporary[MAX_PATH + 1];
  const DWORD length = GetTempPathW(MAX_PATH + 1, temporary);
  if (results.size() <= kLongestShort || length == 0 || length > MAX_PATH) {
    return results + L"\\work";
  }
  constexpr std::size_t kHashBytes = 8;
  return std::wstring(temporary, length) + L"catcher-" + to_utf16(hex_of(sha256(to_utf8(results)), kHashBytes));
}

std::wstring make_output_directory(const std::string& out) {
  const std::wstring path = results_path(out);
  if (const std::uint32_t error = make_directories(path); error != 0) {
    throw SetupError(fmt::format("--out {}: {}", out, describe_win32_error(error)));
  }
  return path;
}

bool write_summary(const std::wstring& out, SweepReport& report) {
  try {
    write_file(out + L"\\summary.json", to_json(report));
    write_file(out + L"\\summary.txt", to_text(report, false));
    write_file(out + L"\\report.html", to_html(report));
    return true;
  } catch (const std::system_error& error) {
    report.warnings.push_back("the summary could not be written: " +
                              describe_win32_error(static_cast<std::uint32_t>(error.code().value())));
    return false;
  }
}

}  // namespace catcher
