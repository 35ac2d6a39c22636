#include "report/json_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

#include "report_samples.h"
#include "schema_check.h"

namespace catcher {
namespace {

using nlohmann::json;

json schema() {
  std::ifstream file(std::string(CATCHER_DOCS_DIR) + "/report.schema.json", std::ios::binary);
  return json::parse(file);
}

std::string check(const RunReport& report) {
  return check_against_schema(json::parse(to_json(report)), schema());
}

TEST(ReportSchema, every_sample_keeps_to_it) {
  EXPECT_EQ(check(samples::normal_end()), "");
  EXPECT_EQ(check(samples::crash_of_a_child()), "");
  EXPECT_EQ(check(samples::deep_recursion()), "");
  EXPECT_EQ(check(samples::timeout_of_a_tree()), "");
  EXPECT_EQ(check(samples::handle_story()), "");
  EXPECT_EQ(check(samples::memory_of_a_leak()), "");
  EXPECT_EQ(check(samples::leak_above_its_limit()), "");
  EXPECT_EQ(check(samples::hostile_text()), "");
  EXPECT_EQ(check(samples::exit_with_stack()), "");
  EXPECT_EQ(check(samples::failed_start()), "");
}

TEST(ReportSchema, an_empty_report_keeps_to_it) {
  EXPECT_EQ(check(RunReport{}), "");
}

TEST(ReportSchema, an_empty_debug_string_keeps_to_it) {
  RunReport report = samples::crash_of_a_child();
  report.crashes.front().debug_strings = {""};
  EXPECT_EQ(check(report), "");
}

TEST(ReportSchema, every_word_of_the_enumerations_is_in_it) {
  RunReport report = samples::crash_of_a_child();
  for (const Verdict verdict : {Verdict::kNormal, Verdict::kCrashed, Verdict::kTimeout, Verdict::kLimit,
                                Verdict::kInterrupted, Verdict::kStartFailed, Verdict::kDefect}) {
    report.verdict = verdict;
    EXPECT_EQ(check(report), "");
  }
  for (const HowEnded ended : {HowEnded::kItself, HowEnded::kCrash, HowEnded::kKilled, HowEnded::kDetached}) {
    report.processes.front().ended = ended;
    EXPECT_EQ(check(report), "");
  }
  Crash& crash = report.crashes.front();
  for (const CrashKind kind :
       {CrashKind::kException, CrashKind::kFailFast, CrashKind::kAbort, CrashKind::kExitStatus}) {
    crash.kind = kind;
    EXPECT_EQ(check(report), "");
  }
  for (const AccessOperation operation : {AccessOperation::kRead, AccessOperation::kWrite, AccessOperation::kExecute}) {
    crash.exception->operation = operation;
    EXPECT_EQ(check(report), "");
  }
  for (const FrameSource source : {FrameSource::kContext, FrameSource::kUnwindData, FrameSource::kReturnPop,
                                   FrameSource::kFramePointer, FrameSource::kScan, FrameSource::kInline}) {
    crash.stack.frames.front().source = source;
    EXPECT_EQ(check(report), "");
  }
  crash.chance = Chance::kFirst;
  EXPECT_EQ(check(report), "");
}

TEST(ReportSchema, refuses_what_the_format_does_not_have) {
  const json good = json::parse(to_json(samples::crash_of_a_child()));
  json value = good;
  value["surprise"] = 1;
  EXPECT_EQ(check_against_schema(value, schema()), " has the unknown field surprise");
  value = good;
  value["crashes"][0]["exception"]["code"] = 5;
  EXPECT_EQ(check_against_schema(value, schema()), "/crashes/0/exception/code is not of type \"string\"");
  value = good;
  value["crashes"][0]["exception"]["code"] = "0xc0000005";
  EXPECT_NE(check_against_schema(value, schema()), "");
  value = good;
  value["verdict"] = "fine";
  EXPECT_NE(check_against_schema(value, schema()), "");
  value = good;
  value["processes"][1].erase("pid");
  EXPECT_EQ(check_against_schema(value, schema()), "/processes/1 lacks \"pid\"");
  value = good;
  value["crashes"][0]["registers"]["rip"] = "here";
  EXPECT_NE(check_against_schema(value, schema()), "");
}

}  // namespace
}  // namespace catcher
