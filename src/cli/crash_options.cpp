#include "cli/crash_options.h"

#include "cli/number.h"
#include "triage/exception_catalogue.h"

#include <fmt/format.h>

namespace catcher {
namespace {

constexpr const char* kGroup = "Crashes";

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

}  // namespace

void CrashOptions::add_to(CLI::App& app) {
  add_switch(
      app,
      {"--first-chance", "", "memory and instruction faults are crashes even when the target handles them", kGroup},
      first_chance_);
  add_list(app, {"--crash-on", "CODE[,first]", "this exception code is a crash; ',first': at the first chance", kGroup},
           crash_on_);
  add_list(app, {"--ignore", "CODE", "this exception code is no crash", kGroup}, ignore_);
  add_list(app, {"--crash-on-exit", "N[,N]", "these exit codes, of any process of the tree, are crashes", kGroup},
           crash_on_exit_);
  add_text(app, {"--crash-exit-code", "N|status", "exit with N for every crash, or with its NTSTATUS", kGroup},
           crash_exit_code_);
  add_switch(app, {"--keep-going", "", "after a crash let the rest of the tree run on", kGroup}, keep_going_);
  add_switch(app,
             {"--exit-stack", "", "keep the stack from which a process ends itself with a code other than 0", kGroup},
             exit_stack_);
  add_list(app, {"--symbols", "DIR", "look for symbol files in this directory too", kGroup}, symbols_);
  add_text(app, {"--dump", "DIR", "write a minidump of a crashed process into this directory", kGroup}, dump_);
  add_text(app, {"--dump-type", "TYPE", "small (the default) or full", kGroup}, dump_type_);
  add_text(app, {"--dump-timeout", "TIME", "how long the stacks of a crash or a hang may take (default: 5s)", kGroup},
           dump_timeout_);
}

void CrashOptions::interpret_evidence(EvidenceLimits& limits) const {
  limits.symbol_directories = symbols_;
  if (dump_) {
    limits.dump_directory = not_empty("--dump", *dump_);
    limits.dump_type = DumpType::kSmall;
  }
  if (dump_type_) {
    if (!dump_) {
      fail("--dump-type says which minidump; say with --dump DIR where it goes");
    }
    if (*dump_type_ != "small" && *dump_type_ != "full") {
      fail(fmt::format("--dump-type {}: give small or full", shown(*dump_type_)));
    }
    limits.dump_type = *dump_type_ == "full" ? DumpType::kFull : DumpType::kSmall;
  }
  if (dump_timeout_) {
    limits.time = duration_value("--dump-timeout", *dump_timeout_);
  }
}

void CrashOptions::interpret(Options& options) const {
  options.keep_going = keep_going_;
  options.crash_policy.first_chance = first_chance_;
  options.crash_policy.exit_stack = exit_stack_;
  if (crash_exit_code_) {
    options.crash_exit_code = crash_exit_code(*crash_exit_code_);
  }
  interpret_evidence(options.evidence);
  for (const std::string& word : crash_on_) {
    options.crash_policy.crash_on.push_back(crash_on_rule(word));
  }
  for (const std::string& word : ignore_) {
    options.crash_policy.ignore.push_back(exception_code("--ignore", word));
  }
  for (const std::string& listed : crash_on_exit_) {
    for (const std::string& word : split(listed)) {
      options.crash_policy.crash_on_exit.push_back(exit_status(word));
    }
  }
}

}  // namespace catcher
