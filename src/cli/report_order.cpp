#include "cli/report_order.h"

#include "cli/usage_error.h"
#include "debugger/target_program.h"
#include "report/escape.h"
#include "win32/full_path.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <array>

namespace catcher {
namespace {

struct FormatRow {
  ReportFormat format;
  std::string_view option;
};
constexpr std::array kFormats = {FormatRow{ReportFormat::kJson, "--report"}, FormatRow{ReportFormat::kJunit, "--junit"},
                                 FormatRow{ReportFormat::kSarif, "--sarif"}, FormatRow{ReportFormat::kHtml, "--html"}};

bool is_device(const std::wstring& full) {
  return full.starts_with(L"\\\\.\\");  // NUL takes any number of reports
}

std::optional<BY_HANDLE_FILE_INFORMATION> identity(const std::wstring& path) {
  const UniqueFile file(CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_EXISTING, 0, nullptr));
  BY_HANDLE_FILE_INFORMATION information{};
  if (!file || GetFileInformationByHandle(file.get(), &information) == 0) {
    return std::nullopt;
  }
  return information;
}

bool is_same_file(const std::wstring& first, const std::wstring& second) {
  // "x.json" and ".\X.json" are the same.
  const std::wstring one = full_path(first);
  const std::wstring other = full_path(second);
  if (is_device(one)) {
    return false;
  }
  if (CompareStringOrdinal(one.c_str(), -1, other.c_str(), -1, TRUE) == CSTR_EQUAL) {
    return true;
  }
  const auto a = identity(one);
  const auto b = a ? identity(other) : std::nullopt;
  return b && a->dwVolumeSerialNumber == b->dwVolumeSerialNumber && a->nFileIndexHigh == b->nFileIndexHigh &&
         a->nFileIndexLow == b->nFileIndexLow && (a->nFileIndexHigh != 0 || a->nFileIndexLow != 0);
}

std::string shown_path(const std::wstring& path) {
  return "'" + escape_for_terminal(to_utf8(path)) + "'";
}

// Nothing when it is not found: the run says so itself.
std::optional<std::wstring> program_of(std::wstring_view command_line) {
  if (command_line.empty()) {
    return std::nullopt;
  }
  try {
    return find_target_program(command_line);
  } catch (const StartError&) {
    return std::nullopt;
  }
}

void refuse_twins(const ReportOrder& first, const ReportOrder& second) {
  if (!first.file && !second.file) {
    throw UsageError(fmt::format("{} - and {} - both want stdout; give one of them a file", option_of(first.format),
                                 option_of(second.format)));
  }
  if (first.file && second.file && is_same_file(*first.file, *second.file)) {
    throw UsageError(fmt::format("{} and {} name the same file, {}; give each its own", option_of(first.format),
                                 option_of(second.format), shown_path(*second.file)));
  }
}

}  // namespace

std::string_view option_of(ReportFormat format) {
  for (const FormatRow& row : kFormats) {
    if (row.format == format) {
      return row.option;
    }
  }
  return {};
}

void refuse_colliding_reports(const std::vector<ReportOrder>& orders, std::wstring_view command_line) {
  for (std::size_t i = 0; i < orders.size(); ++i) {
    for (std::size_t j = i + 1; j < orders.size(); ++j) {
      refuse_twins(orders[i], orders[j]);
    }
  }
  const auto program = orders.empty() ? std::nullopt : program_of(command_line);
  for (const ReportOrder& order : orders) {
    if (program && order.file && is_same_file(*program, *order.file)) {
      throw UsageError(fmt::format("{} {}: that is the target's program; give the report another name",
                                   option_of(order.format), shown_path(*order.file)));
    }
  }
}

}  // namespace catcher
