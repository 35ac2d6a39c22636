#pragma once

#include "run_program.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace harness {

// One run of catcher.exe with a report.
struct CatcherRun {
  ProgramResult program;
  nlohmann::json report;  // null when none was written

  // "normal", "crashed", …; empty without a report.
  std::string verdict() const;
  // The first crash; an empty object when there is none.
  nlohmann::json crash() const;
  // The exception code of the first crash, else its status; 0 when there is no crash.
  std::uint32_t crash_code() const;
  // Of the first crash: exception, fail_fast, abort, exit_status.
  std::string crash_kind() const;
  std::size_t process_count() const;
  // The process record of the n-th process, in order of creation.
  nlohmann::json process(std::size_t index) const;
  // How often a first-chance exception of this code was handled.
  std::uint64_t handled(std::uint32_t code) const;
  // True when stderr has the line "catcher: " and the report's summary.
  bool says_summary() const;
  // Everything a failed test wants to show.
  std::string describe() const;
};

// catcher.exe OPTIONS --report FILE -- TARGET. `target` is a whole command line. Whatever the test is about, it fails
// when catcher does not end, when a process outlives it, and when the report is no JSON, does not keep to its schema,
// or has another exit code.
CatcherRun run_catcher(std::wstring_view options, std::wstring_view target, const RunSettings& settings = {});

// The same for a run of crash_test.exe with these words.
CatcherRun catch_crash_test(std::wstring_view words, std::wstring_view options = {}, const RunSettings& settings = {});

// catcher.exe with exactly these words, and no report asked for.
ProgramResult run_catcher_words(std::wstring_view words, const RunSettings& settings = {});

// A code or address of the report ("0xC0000005") as a number; 0 when it is not one.
std::uint64_t hex_number(const nlohmann::json& value);

}  // namespace harness
