#include "cli/parse_options.h"

#include "cli/aedebug_command.h"
#include "cli/attach_options.h"
#include "cli/crash_options.h"
#include "cli/option_values.h"
#include "cli/probe_options.h"
#include "cli/report_options.h"
#include "cli/suggest.h"
#include "cli/sweep_options.h"
#include "cli/target_options.h"
#include "cli/tree_options.h"
#include "debugger/target_program.h"
#include "report/escape.h"
#include "sweep/replay.h"
#include "win32/utf.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <vector>

namespace catcher {
namespace {

// What a command is called and how it is used.
struct CommandRow {
  Command command;
  std::string_view name;  // the first word; empty: the default
  std::string_view usage;
  std::string_view purpose;
};

constexpr std::array kCommands{
    CommandRow{Command::kRun, "", "catcher [options] -- TARGET [ARGS...]",
               "Runs a program with all its child processes and says what became of it."},
    CommandRow{Command::kAttach, "attach", "catcher attach PID [options]",
               "Watches a process that is running already; Ctrl-C lets it run on alone."},
    CommandRow{Command::kSweep, "sweep", "catcher sweep --corpus DIR --out DIR [-j N] [options] -- TARGET [ARGS... @@]",
               "Runs a program once for every input, in parallel, and sorts what crashes into buckets."},
    CommandRow{Command::kReport, "report", "catcher report merge OUT... -o DIR [options]",
               "Makes one result of the results of several sweeps."},
    CommandRow{Command::kReplay, "replay", "catcher replay OUT/crashes/BUCKET [options]",
               "Runs the input that shows a bucket again and says whether it is the same bucket."},
    CommandRow{Command::kInstallAedebug, "install-aedebug", "catcher install-aedebug [options]",
               "Has Windows start 'catcher attach' with these options for every program that crashes."},
    CommandRow{Command::kUninstallAedebug, "uninstall-aedebug", "catcher uninstall-aedebug",
               "Puts back what install-aedebug has replaced."},
    CommandRow{Command::kDiff, "diff", "catcher diff A.json B.json",
               "Says what is different in the second of two reports: verdict, buckets, memory."},
};

constexpr std::string_view kFooter = R"(
Commands: attach PID watches a running process; sweep runs a whole corpus, replay one of its findings again, report
merge joins sweeps, diff A.json B.json compares two reports; install-aedebug and uninstall-aedebug make catcher the
debugger of programs that crash on their own. 'catcher sweep --help' and the like say more.

Exit codes: the target's own; 124 timeout, 125 catcher failed, 126 the target cannot start, 127 it was not found,
130 interrupted, 137 a limit was hit; a crash anywhere in the process tree: 132 illegal instruction, 133 breakpoint,
134 abort family, 135 misaligned or in-page error, 136 arithmetic, 139 memory access, 128 any other.

Example: catcher --timeout 5 --report report.json -- app.exe args)";

// All options of a command line, as they were typed.
struct Words {
  TreeOptions tree;
  CrashOptions crash;
  ProbeOptions probes;
  TargetOptions target;
  ReportOptions report;
  AttachOptions attach;
  SweepWords sweep;
};

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

[[noreturn]] void fail_for_unknown_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const auto names = option_names(app);
  if (const auto nearest = nearest_word(name, names)) {
    fail(fmt::format("unknown option {}; did you mean '{}'?", shown(name), *nearest));
  }
  fail(fmt::format("unknown option {}; 'catcher --help' lists them", shown(name)));
}

// The parser takes "--memory=" for "--memory", and "--timeout=" for an option whose value is the next word.
void refuse_missing_values(const CLI::App& app, const std::vector<std::string>& arguments) {
  const auto names = option_names(app);
  for (const std::string& word : arguments) {
    const std::string name = word.substr(0, word.find('='));
    if (word == name + "=" && std::ranges::find(names, name) != names.end()) {
      fail(fmt::format("{} has no value behind its '='", word));
    }
  }
}

const CommandRow& command_of(const std::vector<std::wstring>& words) {
  const std::string first = words.empty() ? std::string() : to_utf8(words.front());
  const auto found = std::find_if(kCommands.begin() + 1, kCommands.end(),
                                  [&first](const CommandRow& row) { return row.name == first; });
  return found == kCommands.end() ? kCommands.front() : *found;
}

// The switches that may stand before a command's name, as with other programs: "catcher -q sweep ...".
constexpr std::array<std::wstring_view, 4> kBeforeCommand{L"-q", L"--quiet", L"-v", L"--verbose"};

// With the command's name in front.
CommandLine command_first(CommandLine command_line) {
  auto& words = command_line.own;
  const auto name = std::ranges::find_if(words, [](const std::wstring& word) {
    return std::ranges::find(kBeforeCommand, std::wstring_view(word)) == kBeforeCommand.end();
  });
  if (name != words.end() && command_of({*name}).command != Command::kRun) {
    std::rotate(words.begin(), name, std::next(name));
  }
  return command_line;
}

void add_options(CLI::App& app, const CommandRow& command, Words& words) {
  app.usage(fmt::format("Usage: {}", command.usage));
  app.footer(std::string(kFooter));
  app.get_help_ptr()->group("Reports");
  app.set_version_flag("--version", "catcher " CATCHER_VERSION)->group("Reports");
  if (command.command == Command::kAttach) {
    words.attach.add_to(app);
  }
  if (command.command == Command::kReport) {
    words.sweep.add_to_merge(app);
    words.report.add_to(app);
    return;
  }
  if (command.command == Command::kSweep) {
    words.sweep.add_to_sweep(app);
  }
  words.tree.add_to(app);
  words.crash.add_to(app);
  words.probes.add_to(app);
  words.target.add_to(app);
  words.report.add_to(app);
}

void interpret_target(const CommandLine& command_line, const CommandRow& row, Request& request) {
  if (!command_line.target) {
    fail(fmt::format("no target; put '--' before it: {}", row.usage));
  }
  request.options.command_line = *command_line.target;
  if (program_word(request.options.command_line).empty()) {
    fail(fmt::format("no target behind '--': {}", row.usage));
  }
}

// What can only be measured from a target's start on. Empty: no such thing was asked for.
std::string_view first_limit_for_start(const Limits& limits) {
  if (limits.output) {
    return "--max-output";
  }
  return limits.start ? "--start-timeout" : "";
}

void interpret_attach(const CommandLine& command_line, const CommandRow& row, const std::vector<std::string>& loose,
                      const Words& words, Request& request) {
  if (command_line.target) {
    fail(fmt::format("attach takes a process that runs already, and no command line behind '--': {}", row.usage));
  }
  if (const std::string option = words.target.first_for_start(); !option.empty()) {
    fail(fmt::format("{} needs a target that catcher starts itself; with attach it already runs", option));
  }
  if (const std::string_view option = first_limit_for_start(request.options.limits); !option.empty()) {
    fail(fmt::format("{} has nothing to measure with attach: the process already runs", option));
  }
  words.attach.interpret(loose, request.options);
}

void interpret_sweep(const CommandLine& command_line, const CommandRow& row, const Words& words, Request& request) {
  interpret_target(command_line, row, request);
  refuse_in_sweep(request.options);
  request.sweep.run = request.options;
  words.sweep.interpret(request.sweep);
}

// `merge` is the only thing that can be done with results.
void interpret_merge(const CommandRow& row, std::vector<std::string> loose, const Words& words, Request& request) {
  if (loose.empty() || loose.front() != "merge") {
    fail(fmt::format("say what to do with the results: {}", row.usage));
  }
  loose.erase(loose.begin());
  if (loose.empty()) {
    fail(fmt::format("nothing to merge: {}", row.usage));
  }
  request.merged = std::move(loose);
  words.sweep.interpret_merge(request.sweep);
}

void interpret_replay(const CommandLine& command_line, const CommandRow& row, const std::vector<std::string>& loose,
                      Request& request) {
  if (command_line.target || loose.size() != 1) {
    fail(fmt::format("replay takes the directory of a bucket, and its command line from there: {}", row.usage));
  }
  request.replayed = loose.front();
}

// The words of a replay, behind those of the sweep that it is of, so that they win.
std::vector<std::wstring> words_of(const CommandLine& command_line, const CommandRow& row) {
  std::vector<std::wstring> words(command_line.own.begin() + (row.name.empty() ? 0 : 1), command_line.own.end());
  const auto directory = std::ranges::find_if(words, [](const std::wstring& word) { return !word.starts_with(L"-"); });
  if (row.command == Command::kReplay && directory != words.end()) {
    std::vector<std::wstring> before;
    for (const std::string& word : options_of_run(load_replay(to_utf8(*directory)).identity)) {
      before.push_back(to_utf16(word));
    }
    words.insert(words.begin(), before.begin(), before.end());
  }
  return words;
}

void interpret_aedebug(const CommandLine& command_line, const CommandRow& row, const std::vector<std::string>& loose,
                       const Words& words, Request& request) {
  if (command_line.target || !loose.empty()) {
    fail(fmt::format("{} takes options only: {}", row.name, row.usage));
  }
  if (const std::string option = words.target.first_for_start(); !option.empty()) {
    fail(fmt::format("{} needs a target that catcher starts itself; one that crashes already runs", option));
  }
  if (const std::string_view option = first_limit_for_start(request.options.limits); !option.empty()) {
    fail(fmt::format("{} has nothing to measure in a process that already runs", option));
  }
  request.aedebug_options.assign(command_line.own.begin() + 1, command_line.own.end());
  if (row.command == Command::kUninstallAedebug && !request.aedebug_options.empty()) {
    fail(fmt::format("{} takes no options: {}", row.name, row.usage));
  }
  check_aedebug_options(request, request.aedebug_options);
}

void interpret_diff(const CommandLine& command_line, const CommandRow& row, Request& request) {
  request.diff_files.assign(command_line.own.begin() + 1, command_line.own.end());
  const bool has_option = std::any_of(request.diff_files.begin(), request.diff_files.end(),
                                      [](const std::wstring& word) { return word.starts_with(L"-"); });
  if (command_line.target || has_option || request.diff_files.size() != 2) {
    fail(fmt::format("diff takes two reports and nothing else: {}", row.usage));
  }
}

}  // namespace

Request parse_options(const CommandLine& as_typed) {
  const CommandLine command_line = command_first(as_typed);
  const CommandRow& row = command_of(command_line.own);
  CLI::App app(std::string(row.purpose), "catcher");
  Request request;
  request.command = row.command;
  Words words;
  add_options(app, row, words);
  app.allow_extras();
  std::vector<std::string> arguments;  // CLI11 wants them last first
  const std::vector<std::wstring> own = words_of(command_line, row);
  std::transform(own.rbegin(), own.rend(), std::back_inserter(arguments),
                 [](const std::wstring& word) { return to_utf8(word); });
  refuse_missing_values(app, arguments);
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    request.answer = app.help();
    return request;
  } catch (const CLI::CallForVersion& version) {
    request.answer = std::string(version.what()) + "\n";
    return request;
  } catch (const CLI::ParseError& error) {
    fail(fmt::format("{}; see 'catcher --help'", escape_for_terminal(error.what())));
  }
  const std::vector<std::string> loose = app.remaining();
  if (!loose.empty() && loose.front().starts_with("-")) {
    fail_for_unknown_option(app, loose.front());
  }
  if (row.command == Command::kDiff) {
    interpret_diff(command_line, row, request);
    return request;
  }
  if (!loose.empty() && (row.command == Command::kRun || row.command == Command::kSweep)) {
    fail(fmt::format("{} is not an option; put '--' before the target: {}", shown(loose.front()), row.usage));
  }
  words.tree.interpret(request.options);
  words.crash.interpret(request.options);
  words.probes.interpret(request.options);
  words.target.interpret(request.options);
  words.report.interpret(request);
  if (row.command == Command::kAttach) {
    interpret_attach(command_line, row, loose, words, request);
  } else if (row.command == Command::kSweep) {
    interpret_sweep(command_line, row, words, request);
  } else if (row.command == Command::kReport) {
    interpret_merge(row, loose, words, request);
  } else if (row.command == Command::kReplay) {
    interpret_replay(command_line, row, loose, request);
  } else if (row.command != Command::kRun) {
    interpret_aedebug(command_line, row, loose, words, request);
  } else {
    interpret_target(command_line, row, request);
  }
  refuse_colliding_reports(request.reports, request.options.command_line);
  return request;
}

}  // namespace catcher
