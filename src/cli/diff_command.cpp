#include "cli/diff_command.h"

#include "cli/option_values.h"
#include "report/report_diff.h"
#include "win32/error.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <algorithm>
#include <stdexcept>

namespace catcher {
namespace {

constexpr std::uint64_t kMostBytes = 256U << 20U;  // no report of ours is as large

[[noreturn]] void fail_for_file(const std::wstring& path) {
  const DWORD error = GetLastError();
  fail(fmt::format("cannot read {}: {}; give the path of a report that was written with --report FILE.json",
                   shown(to_utf8(path)), describe_win32_error(error)));
}

std::string read_report(const std::wstring& path) {
  const UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, 0, nullptr));
  LARGE_INTEGER size{};
  if (!file || GetFileSizeEx(file.get(), &size) == 0) {
    fail_for_file(path);
  }
  if (static_cast<std::uint64_t>(size.QuadPart) > kMostBytes) {
    fail(fmt::format("{} is too large for a report of catcher's; give one that was written with --report FILE.json",
                     shown(to_utf8(path))));
  }
  std::string content(static_cast<std::size_t>(size.QuadPart), '\0');
  std::size_t total = 0;
  DWORD read = 0;
  while (total < content.size()) {
    if (ReadFile(file.get(), content.data() + total, static_cast<DWORD>(content.size() - total), &read, nullptr) == 0) {
      fail_for_file(path);
    }
    if (read == 0) {
      break;
    }
    total += read;
  }
  content.resize(total);
  return content;
}

}  // namespace

std::string run_diff(const std::vector<std::wstring>& files) {
  const std::string first = read_report(files.at(0));
  const std::string second = read_report(files.at(1));
  try {
    return diff_reports(to_utf8(files[0]), first, to_utf8(files[1]), second);
  } catch (const std::invalid_argument& error) {
    fail(error.what());
  }
}

}  // namespace catcher
