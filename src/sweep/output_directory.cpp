#include "sweep/output_directory.h"

#include "report/html_sweep.h"
#include "report/sweep_journal.h"
#include "report/sweep_text.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/full_path.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <system_error>

namespace catcher {

std::wstring make_output_directory(const std::string& out) {
  const std::wstring path = full_path(to_utf16(out));
  constexpr std::size_t kLongest = 150;  // the longest path in it must be one that a target can be given
  if (path.size() > kLongest) {
    throw SetupError(
        fmt::format("--out {}: the path has {} characters, at most {} may be", out, path.size(), kLongest));
  }
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
