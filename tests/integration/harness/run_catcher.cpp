#include "run_catcher.h"

#include "programs.h"
#include "unit/schema_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace harness {
namespace {

using nlohmann::json;

// A new name for each run, so that the schema check sees them all.
std::filesystem::path next_report_path() {
  static int count = 0;
  ++count;
  return report_directory() / (current_test_name() + "." + std::to_string(count) + ".json");
}

json read_report(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return file ? json::parse(file, nullptr, false) : json();
}

// docs/report.schema.json, which every report of this suite is held to.
const json& report_schema() {
  static const json schema = [] {
    std::ifstream file(CATCHER_DOCS_DIR "/report.schema.json", std::ios::binary);
    return json::parse(file);
  }();
  return schema;
}

}  // namespace

std::uint64_t hex_number(const json& value) {
  if (!value.is_string()) {
    return 0;
  }
  const std::string text = value.get<std::string>();
  return text.starts_with("0x") ? std::stoull(text, nullptr, 16) : 0;
}

std::string CatcherRun::verdict() const {
  return report.is_object() ? report.value("verdict", "") : "";
}

json CatcherRun::crash() const {
  const bool any = report.is_object() && report.contains("crashes") && !report["crashes"].empty();
  return any ? report["crashes"][0] : json::object();
}

std::uint32_t CatcherRun::crash_code() const {
  const json first = crash();
  const json code = first.contains("exception") ? first["exception"]["code"] : first.value("status", json());
  return static_cast<std::uint32_t>(hex_number(code));
}

std::string CatcherRun::crash_kind() const {
  return crash().value("kind", "");
}

std::size_t CatcherRun::process_count() const {
  return report.is_object() && report.contains("processes") ? report["processes"].size() : 0;
}

json CatcherRun::process(std::size_t index) const {
  return index < process_count() ? report["processes"][index] : json::object();
}

std::uint64_t CatcherRun::handled(std::uint32_t code) const {
  std::uint64_t count = 0;
  if (report.is_object() && report.contains("handled_exceptions")) {
    for (const json& entry : report["handled_exceptions"]) {
      if (hex_number(entry["code"]) == code) {
        count += entry["count"].get<std::uint64_t>();
      }
    }
  }
  return count;
}

bool CatcherRun::says_summary() const {
  const std::string line = "catcher: " + (report.is_object() ? report.value("summary", "") : "");
  const std::vector<std::string> lines = program.error_lines();  // the target may have said something before
  return std::ranges::find(lines, line) != lines.end();
}

std::string CatcherRun::describe() const {
  return "exit code " + std::to_string(program.exit_code) + " after " + std::to_string(program.wall.count()) +
         " ms\nstderr:\n" + program.err + "\nreport:\n" + report.dump(1).substr(0, 6000);
}

CatcherRun run_catcher(std::wstring_view options, std::wstring_view target, const RunSettings& settings) {
  const std::filesystem::path path = next_report_path();
  std::filesystem::remove(path);
  const std::wstring command_line = program(L"catcher.exe") + L" " + std::wstring(options) + L" --report \"" +
                                    path.wstring() + L"\" -- " + std::wstring(target);
  CatcherRun run;
  run.program = run_program(command_line, settings);
  run.report = read_report(path);
  EXPECT_FALSE(run.program.limit_hit) << "catcher did not end";
  EXPECT_TRUE(run.program.survivors.empty()) << run.program.survivors.size() << " processes outlived catcher";
  EXPECT_FALSE(run.report.is_discarded()) << "the report is not JSON";
  if (run.report.is_object()) {
    EXPECT_EQ(catcher::check_against_schema(run.report, report_schema()), "");
    EXPECT_EQ(run.report.value("exit_code", std::uint32_t{0}), run.program.exit_code)
        << "the report and the exit code differ";
  }
  return run;
}

CatcherRun catch_crash_test(std::wstring_view words, std::wstring_view options, const RunSettings& settings) {
  return run_catcher(options, program(L"crash_test.exe") + L" " + std::wstring(words), settings);
}

ProgramResult run_catcher_words(std::wstring_view words, const RunSettings& settings) {
  ProgramResult result = run_program(program(L"catcher.exe") + L" " + std::wstring(words), settings);
  EXPECT_FALSE(result.limit_hit) << "catcher did not end";
  EXPECT_TRUE(result.survivors.empty()) << result.survivors.size() << " processes outlived catcher";
  return result;
}

}  // namespace harness
