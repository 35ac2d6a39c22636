#include "cli/diff_command.h"

#include "cli/option_values.h"
#include "report/report_diff.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace catcher {
namespace {

constexpr std::uint64_t kMostBytes = 256U << 20U;  // no report of ours is as large

std::string read_report(const std::wstring& path) {
  try {
    return read_file(path, kMostBytes);
  } catch (const std::system_error& error) {
    const auto code = static_cast<std::uint32_t>(error.code().value());
    const std::string name = shown(to_utf8(path));
    fail(code == ERROR_FILE_TOO_LARGE
             ? fmt::format(
                   "{} is too large for a report of catcher's; give one that was written with --report FILE.json", name)
             : fmt::format("cannot read {}: {}; give the path of a report that was written with --report FILE.json",
                           name, describe_win32_error(code)));
  }
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
