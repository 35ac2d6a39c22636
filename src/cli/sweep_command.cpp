#include "cli/sweep_command.h"

#include "cli/console_control.h"
#include "cli/progress_line.h"
#include "cli/self_protection.h"
#include "cli/source_lines.h"
#include "cli/terminal.h"
#include "cli/write_reports.h"
#include "report/sweep_text.h"
#include "report/text_report.h"
#include "sweep/placeholder.h"
#include "sweep/replay.h"
#include "sweep/work_directory.h"
#include "win32/error.h"
#include "win32/utf.h"

#include <catcher/exit_code.h>
#include <catcher/sweep.h>

#include <fmt/format.h>

#include <windows.h>

#include <optional>

namespace catcher {
namespace {

using Complain = std::function<void(std::string_view line)>;

std::uint32_t tell(const Request& request, const SweepReport& report, const Complain& complain) {
  if (request.verbosity != Verbosity::kQuiet) {
    write_text(Stream::kError, to_text(report, wants_colour(Stream::kError)));
  }
  const bool written = write_reports(request.reports, report, complain);
  return written || report.exit_code != 0 ? report.exit_code : to_number(ExitCode::kCatcherFailed);
}

std::wstring temporary_directory() {
  std::wstring path(MAX_PATH + 1, L'\0');
  const DWORD length = GetTempPathW(static_cast<DWORD>(path.size()), path.data());
  if (length == 0 || length > path.size()) {
    throw last_win32_error("GetTempPathW");
  }
  path.resize(length);
  return path + L"catcher-replay-" + std::to_wstring(GetCurrentProcessId());
}

}  // namespace

std::uint32_t run_sweep(const Request& request, const Complain& complain) {
  const StopSource stop;
  const ConsoleControl control(stop);
  forbid_debugging_this_process();
  const SweepReport report = [&] {
    std::optional<ProgressLine> line;
    SweepObserver observer;
    if (request.verbosity != Verbosity::kQuiet) {
      line.emplace();
      observer.on_progress = [&line](const SweepProgress& progress) { line->show(progress); };
    }
    return sweep(request.sweep, stop, observer);
  }();
  return tell(request, report, complain);
}

std::uint32_t run_merge(const Request& request, const Complain& complain) {
  return tell(request, merge_sweeps(request.merged, request.sweep.out, request.sweep.gate), complain);
}

std::uint32_t run_replay(const Request& request) {
  const Replay replay = load_replay(request.replayed);
  Options options = request.options;
  const std::wstring command_line = to_utf16(replay.identity.command_line);
  std::optional<WorkDirectory> work;
  std::wstring input;
  if (!replay.input.empty()) {
    work.emplace(temporary_directory());
    input = work->take(replay.input).path;
  }
  options.command_line = with_input(command_line, input);
  if (has_placeholder(to_utf16(options.capture.stdin_file))) {
    options.capture.stdin_file = to_utf8(input);
  }
  const StopSource stop;
  const ConsoleControl control(stop);
  forbid_debugging_this_process();
  const RunReport report = run(options, stop);
  if (request.verbosity != Verbosity::kQuiet) {
    TextOptions text;
    text.full = request.full_text;
    text.source_line = SourceLines();
    text.colour = wants_colour(Stream::kError);
    write_text(Stream::kError, to_text(report, text));
    write_text(Stream::kError, fmt::format("catcher: {}\n", compare_with(replay.evidence, report)));
  }
  write_reports(request.reports, report,
                [](std::string_view line) { write_text(Stream::kError, fmt::format("catcher: {}\n", line)); });
  return report.exit_code;
}

}  // namespace catcher
