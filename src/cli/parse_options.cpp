#include "cli/parse_options.h"

#include "cli/number.h"
#include "cli/suggest.h"
#include "debugger/target_program.h"
#include "report/escape.h"
#include "triage/exception_catalogue.h"
#include "win32/utf.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace catcher {
namespace {

constexpr std::string_view kUsage = "catcher [options] -- TARGET [ARGS...]";

constexpr std::string_view kFooter = R"(
Exit codes: the target's own; 124 timeout, 125 catcher failed, 126 the target cannot start, 127 it was not found,
130 interrupted; a crash anywhere in the process tree: 132 illegal instruction, 133 breakpoint, 134 abort family,
135 misaligned or in-page error, 136 arithmetic, 139 memory access, 128 any other.

Example: catcher --timeout 5 --report report.json -- app.exe args)";

// The words as they were typed; what they mean is worked out afterwards, so that every error is one line of our own.
struct Words {
  std::optional<std::string> timeout;
  std::optional<std::string> report;
  std::optional<std::string> crash_exit_code;
  std::optional<std::string> dump;
  std::optional<std::string> dump_type;
  std::optional<std::string> dump_timeout;
  bool quiet = false;
  bool verbose = false;
  std::vector<std::string> symbols;
  std::vector<std::string> crash_on;
  std::vector<std::string> ignore;
  std::vector<std::string> crash_on_exit;
};

[[noreturn]] void fail(std::string_view message) {
  throw UsageError(std::string(message));
}

std::string shown(std::string_view word) {
  return "'" + escape_for_terminal(word) + "'";
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    parts.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::uint32_t exception_code(std::string_view option, std::string_view word) {
  const auto code = parse_exception_code(word);
  if (!code) {
    fail(fmt::format(
        "{} {}: not an exception code; give a number like 0xC0000005 or a name like EXCEPTION_ACCESS_VIOLATION", option,
        shown(word)));
  }
  return *code;
}

CrashOnRule crash_on_rule(const std::string& word) {
  const auto parts = split(word);
  const bool first = parts.size() == 2 && parts[1] == "first";
  if (parts.size() > 2 || (parts.size() == 2 && !first)) {
    fail(fmt::format("--crash-on {}: give CODE or CODE,first", shown(word)));
  }
  return {exception_code("--crash-on", parts[0]), first};
}

std::uint32_t exit_status(std::string_view word) {
  if (const auto number = parse_number(word)) {
    return *number;
  }
  if (const auto code = parse_exception_code(word)) {
    return *code;
  }
  fail(fmt::format("--crash-on-exit {}: not an exit code; give a number like 134 or 0xC0000005", shown(word)));
}

CrashExitCode crash_exit_code(const std::string& word) {
  if (word == "status") {
    return {CrashExitCode::Mode::kStatus, 0};
  }
  const auto number = parse_number(word);
  if (!number) {
    fail(fmt::format("--crash-exit-code {}: give a number or 'status'", shown(word)));
  }
  return {CrashExitCode::Mode::kFixed, *number};
}

std::chrono::milliseconds duration(std::string_view option, std::string_view word) {
  const auto result = parse_duration(word);
  if (!result) {
    fail(fmt::format("{} {}: not a duration; give 5, 5s, 500ms, 2m or 1h", option, shown(word)));
  }
  return *result;
}

const std::string& not_empty(std::string_view option, const std::string& word) {
  if (word.empty()) {
    fail(fmt::format("{} '': give a name", option));
  }
  return word;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// The first word that is neither an option nor the value of one.
[[noreturn]] void fail_for_extra(const CLI::App& app, const std::string& word) {
  if (!word.starts_with("-")) {
    fail(fmt::format("{} is not an option; put '--' before the target: {}", shown(word), kUsage));
  }
  const std::string name = word.substr(0, word.find('='));
  const auto names = option_names(app);
  if (const auto nearest = nearest_word(name, names)) {
    fail(fmt::format("unknown option {}; did you mean '{}'?", shown(name), *nearest));
  }
  fail(fmt::format("unknown option {}; 'catcher --help' lists them", shown(name)));
}

void add_options(CLI::App& app, Request& request, Words& words) {
  app.usage("Usage: " + std::string(kUsage));
  app.footer(std::string(kFooter));
  app.set_version_flag("--version", "catcher " CATCHER_VERSION);
  const auto text = [&app](const char* name, std::optional<std::string>& value, const char* help) {
    return app.add_option(name, value, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  };
  // One value an occurrence, or a list option would take the words behind it as well.
  const auto list = [&app](const char* name, std::vector<std::string>& values, const char* help) {
    return app.add_option(name, values, help)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  text("--timeout", words.timeout, "kill the whole tree after this time: 5, 5s, 500ms, 2m, 1h")->type_name("TIME");
  text("--report", words.report, "write a JSON report")->type_name("FILE");
  app.add_flag("--first-chance", request.options.crash_policy.first_chance,
               "memory and instruction faults are crashes even when the target handles them");
  list("--crash-on", words.crash_on, "this exception code is a crash; ',first': at the first chance")
      ->type_name("CODE[,first]");
  list("--ignore", words.ignore, "this exception code is no crash")->type_name("CODE");
  list("--crash-on-exit", words.crash_on_exit, "these exit codes, of any process of the tree, are crashes")
      ->type_name("N[,N]");
  text("--crash-exit-code", words.crash_exit_code, "exit with N for every crash, or with its NTSTATUS")
      ->type_name("N|status");
  list("--symbols", words.symbols, "look for symbol files in this directory too")->type_name("DIR");
  text("--dump", words.dump, "write a minidump of a crashed process into this directory")->type_name("DIR");
  text("--dump-type", words.dump_type, "small (the default) or full")->type_name("TYPE");
  text("--dump-timeout", words.dump_timeout, "how long the stacks of a crash or a hang may take (default: 5s)")
      ->type_name("TIME");
  app.add_flag("--exit-stack", request.options.crash_policy.exit_stack,
               "keep the stack from which a process ends itself with a code other than 0");
  app.add_flag("--full", request.full_text, "the text has all threads, modules and registers");
  app.add_flag("--keep-going", request.options.keep_going, "after a crash let the rest of the tree run on");
  app.add_flag("--debug-heap", request.options.debug_heap,
               "keep the debug heap that Windows gives to debugged processes");
  app.add_flag("-q,--quiet", words.quiet, "say nothing");
  app.add_flag("-v,--verbose", words.verbose, "show each debug event");
}

void interpret_evidence(const Words& words, EvidenceLimits& limits) {
  limits.symbol_directories = words.symbols;
  if (words.dump) {
    limits.dump_directory = not_empty("--dump", *words.dump);
    limits.dump_type = DumpType::kSmall;
  }
  if (words.dump_type) {
    if (!words.dump) {
      fail("--dump-type says which minidump; say with --dump DIR where it goes");
    }
    if (*words.dump_type != "small" && *words.dump_type != "full") {
      fail(fmt::format("--dump-type {}: give small or full", shown(*words.dump_type)));
    }
    limits.dump_type = *words.dump_type == "full" ? DumpType::kFull : DumpType::kSmall;
  }
  if (words.dump_timeout) {
    limits.time = duration("--dump-timeout", *words.dump_timeout);
  }
}

void interpret(const Words& words, Request& request) {
  Options& options = request.options;
  if (words.timeout) {
    options.timeout = duration("--timeout", *words.timeout);
  }
  if (words.report) {
    request.report_file = to_utf16(not_empty("--report", *words.report));
  }
  if (words.crash_exit_code) {
    options.crash_exit_code = crash_exit_code(*words.crash_exit_code);
  }
  if (words.quiet && words.verbose) {
    fail("--quiet and --verbose contradict each other; give one of them");
  }
  if (words.quiet || words.verbose) {
    request.verbosity = words.quiet ? Verbosity::kQuiet : Verbosity::kEvents;
  }
  interpret_evidence(words, options.evidence);
  for (const std::string& word : words.crash_on) {
    options.crash_policy.crash_on.push_back(crash_on_rule(word));
  }
  for (const std::string& word : words.ignore) {
    options.crash_policy.ignore.push_back(exception_code("--ignore", word));
  }
  for (const std::string& listed : words.crash_on_exit) {
    for (const std::string& word : split(listed)) {
      options.crash_policy.crash_on_exit.push_back(exit_status(word));
    }
  }
}

}  // namespace

Request parse_options(const CommandLine& command_line) {
  CLI::App app("Runs a program with all its child processes and says what became of it.", "catcher");
  Request request;
  Words words;
  add_options(app, request, words);
  app.allow_extras();
  std::vector<std::string> arguments;  // CLI11 wants them last first
  std::transform(command_line.own.rbegin(), command_line.own.rend(), std::back_inserter(arguments),
                 [](const std::wstring& word) { return to_utf8(word); });
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
  if (const auto extras = app.remaining(); !extras.empty()) {
    fail_for_extra(app, extras.front());
  }
  interpret(words, request);
  if (!command_line.target) {
    fail(fmt::format("no target; put '--' before it: {}", kUsage));
  }
  request.options.command_line = *command_line.target;
  if (program_word(request.options.command_line).empty()) {
    fail(fmt::format("no target behind '--': {}", kUsage));
  }
  return request;
}

}  // namespace catcher
