#include "cli/aedebug_command.h"
#include "cli/command_line.h"
#include "cli/console_control.h"
#include "cli/console_modes.h"
#include "cli/debug_echo.h"
#include "cli/diff_command.h"
#include "cli/parse_options.h"
#include "cli/self_protection.h"
#include "cli/source_lines.h"
#include "cli/sweep_command.h"
#include "cli/terminal.h"
#include "cli/write_reports.h"
#include "report/escape.h"
#include "report/github_annotations.h"
#include "report/text_report.h"

#include <catcher/exit_code.h>
#include <catcher/run.h>

#include <fmt/format.h>

#include <windows.h>

#include <exception>
#include <string>
#include <system_error>

namespace {

void complain(std::string_view message) {
  catcher::write_text(catcher::Stream::kError, fmt::format("catcher: {}\n", message));
}

catcher::RunObserver observer_for(catcher::Verbosity verbosity) {
  catcher::RunObserver observer;
  if (verbosity == catcher::Verbosity::kEvents) {
    observer.on_event = [](std::string_view line) {
      catcher::write_text(catcher::Stream::kError, catcher::escape_for_terminal(line) + '\n');
    };
  }
  return observer;
}

// On stdout, where GitHub's documentation wants them. They begin on a line of their own, whatever the target wrote
// last.
void annotate(const catcher::RunReport& report) {
  const std::string commands = catcher::to_github_annotations(report);
  if (!commands.empty()) {
    catcher::write_text(catcher::Stream::kOutput, "\n" + commands);
  }
}

std::uint32_t run_request(const catcher::Request& request) {
  const catcher::StopSource stop;
  const catcher::ConsoleControl control(stop);
  catcher::DebugEcho debug_echo;
  catcher::RunObserver observer = observer_for(request.verbosity);
  observer.on_debug_output = [&debug_echo](const catcher::DebugLine& line) { debug_echo.show(line); };
  catcher::forbid_debugging_this_process();
  const catcher::RunReport report = [&] {
    const catcher::ConsoleModes modes;  // put back before anything is said
    return catcher::run(request.options, stop, observer);
  }();
  if (request.options.capture.echo_debug_output) {
    debug_echo.finish(report.debug_output);
  }
  if (request.verbosity != catcher::Verbosity::kQuiet) {
    catcher::TextOptions text;
    text.full = request.full_text;
    text.source_line = catcher::SourceLines();
    text.ascii = !catcher::draws_blocks(catcher::Stream::kError);
    text.colour = catcher::wants_colour(catcher::Stream::kError);
    catcher::write_text(catcher::Stream::kError, catcher::to_text(report, text));
  }
  if (request.annotate_github) {
    annotate(report);
  }
  const bool written = catcher::write_reports(request.reports, report, complain);
  return written || report.exit_code != 0 ? report.exit_code : catcher::to_number(catcher::ExitCode::kCatcherFailed);
}

std::uint32_t run_command_line() {
  try {
    const catcher::Request request = catcher::parse_options(catcher::split_command_line(GetCommandLineW()));
    if (!request.answer.empty()) {
      catcher::write_text(catcher::Stream::kOutput, request.answer);
      return 0;
    }
    if (request.command == catcher::Command::kInstallAedebug) {
      catcher::write_text(catcher::Stream::kOutput, catcher::run_install_aedebug(request.aedebug_options));
      return 0;
    }
    if (request.command == catcher::Command::kUninstallAedebug) {
      catcher::write_text(catcher::Stream::kOutput, catcher::run_uninstall_aedebug());
      return 0;
    }
    if (request.command == catcher::Command::kSweep) {
      return catcher::run_sweep(request, complain);
    }
    if (request.command == catcher::Command::kReport) {
      return catcher::run_merge(request, complain);
    }
    if (request.command == catcher::Command::kReplay) {
      return catcher::run_replay(request);
    }
    if (request.command == catcher::Command::kDiff) {
      catcher::write_text(catcher::Stream::kOutput, catcher::run_diff(request.diff_files));
      return 0;
    }
    return run_request(request);
  } catch (const catcher::UsageError& error) {
    complain(error.what());
  } catch (const catcher::SetupError& error) {
    complain(catcher::escape_for_terminal(error.what()));
  } catch (const std::system_error& error) {
    complain(fmt::format("{}", error.what()));
  } catch (const std::exception& error) {
    complain(fmt::format("internal error: {}", error.what()));
  }
  return catcher::to_number(catcher::ExitCode::kCatcherFailed);
}

}  // namespace

int wmain() {
  return static_cast<int>(run_command_line());
}
