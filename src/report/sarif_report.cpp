#include "report/sarif_report.h"

#include "report/escape.h"
#include "report/file_uri.h"
#include "report/findings.h"
#include "report/json_fields.h"
#include "report/stack_text.h"
#include "report/utc_text.h"
#include "triage/hex.h"
#include "triage/names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr int kIndent = 1;
constexpr std::size_t kThreadGroups = 20;  // stacks of a hang; the others are in the JSON report

// A sentence for a person. In SARIF's messages braces hold placeholders and [text](target) is a link: neither may come
// from the debuggee (sections 3.11.5 and 3.11.6).
Json message(std::string_view text) {
  std::string safe;
  for (const char c : escape_for_terminal(text)) {
    if (c == '{' || c == '}') {
      safe += c;
    } else if (c == '(' && safe.ends_with(']')) {
      safe += ' ';
    }
    safe += c;
  }
  Json json = Json::object();
  json["text"] = safe.empty() ? "(nothing is known)" : safe;
  return json;
}

struct SeverityRow {
  std::string_view severity;
  double rank;  // SARIF's: 0 to 100
};
constexpr std::array kRanks = {SeverityRow{"high", 90.0}, SeverityRow{"medium", 60.0}, SeverityRow{"low", 30.0}};

Json physical_location(std::string_view file, std::uint32_t line) {
  Json json = Json::object();
  json["artifactLocation"]["uri"] = file_uri(file);
  constexpr std::uint32_t kMost = 0x7FFFFFFF;  // readers keep it in 31 bits
  json["region"]["startLine"] = std::clamp(line, 1U, kMost);
  return json;
}

Json function_location(const Frame& frame) {
  Json json = Json::object();
  json["fullyQualifiedName"] = to_valid_utf8(frame.function);
  json["kind"] = "function";
  return Json::array({std::move(json)});
}

Json frame_location(const Frame& frame) {
  Json json = Json::object();
  if (!frame.file.empty() && frame.line != 0) {
    json["physicalLocation"] = physical_location(frame.file, frame.line);
  }
  if (!frame.function.empty()) {
    json["logicalLocations"] = function_location(frame);
  }
  if (json.empty()) {
    const std::string offset = hex_value(frame.module.empty() ? frame.pc.value : frame.offset);
    json["message"] = message(frame.module.empty() ? offset : frame.module + "+" + offset);
  }
  return json;
}

Json frame_json(const Frame& frame, std::uint32_t tid) {
  Json json = Json::object();
  json["location"] = frame_location(frame);
  put(json, "module", frame.module);
  if (tid != 0) {  // else of several threads
    json["threadId"] = tid;
  }
  Json& properties = json["properties"] = Json::object();
  properties["address"] = hex_value(frame.pc.value);
  if (!frame.module.empty()) {
    properties["offset"] = hex_value(frame.offset);
  }
  properties["inline"] = frame.is_inline;
  properties["inBucket"] = frame.in_bucket;
  return json;
}

// Equal stacks count as one: the schema wants them unique.
void put_stack(Json& stacks, std::string_view title, const Stack& stack, std::uint32_t tid) {
  if (stack.frames.empty()) {
    return;
  }
  Json json = Json::object();
  json["message"] = message(title);
  Json& frames = json["frames"] = Json::array();
  for (const Frame& frame : stack.frames) {
    frames.push_back(frame_json(frame, tid));
  }
  stacks.push_back(std::move(json));
}

void put_stacks(Json& stacks, const std::vector<Hang::Process>& processes) {
  for (const Hang::Process& process : processes) {
    for (const ThreadGroup& group : group_threads(process.threads, 0)) {
      if (stacks.size() >= kThreadGroups) {
        return;
      }
      const ThreadRecord& thread = *group.threads.front();
      put_stack(stacks, fmt::format("{} {}, {}", process.image, process.pid, group_title(group, false)), thread.stack,
                thread.tid);
    }
  }
}

Json stacks_of(const RunReport& report, const Finding& finding) {
  Json stacks = Json::array();
  if (finding.crash != nullptr) {
    put_stack(stacks, fmt::format("stack of thread {}", finding.crash->tid), finding.crash->stack, finding.crash->tid);
  } else if (finding.stack != nullptr) {
    put_stack(stacks, "stack of the call", *finding.stack, 0);
  } else if (finding.kind == FindingKind::kHang && report.hang) {
    put_stacks(stacks, report.hang->processes);
  } else if (finding.kind == FindingKind::kLimit && report.limit) {
    put_stacks(stacks, report.limit->processes);
  }
  return stacks;
}

Json place_of(const Finding& finding) {
  if (finding.place != nullptr) {
    return frame_location(*finding.place);
  }
  // GitHub drops a result without a place in a file.
  Json json = Json::object();
  json["physicalLocation"] = physical_location(finding.image, 1);
  if (finding.crash != nullptr) {
    const auto named = std::ranges::find_if(
        finding.crash->stack.frames, [](const Frame& frame) { return frame.in_bucket && !frame.function.empty(); });
    if (named != finding.crash->stack.frames.end()) {
      json["logicalLocations"] = function_location(*named);
    }
  }
  json["message"] = message("no frame of the stack has a source line; this is the program");
  return json;
}

Json location_of(const Finding& finding) {
  Json json = place_of(finding);
  // GitHub asks for all four numbers of a region. Which columns is not known: it is the beginning of the line.
  Json& region = json["physicalLocation"]["region"];
  region["startColumn"] = 1;
  region["endLine"] = region["startLine"];
  region["endColumn"] = 1;
  return json;
}

Json fingerprints_of(const Finding& finding) {
  Json json = Json::object();
  put(json, "catcherBucket/v1", finding.bucket);
  if (finding.place == nullptr) {
    // What GitHub compares. Where there is a source line its upload works the value out from the source itself, and
    // complains about another one.
    put(json, "primaryLocationLineHash", finding.bucket);
  }
  return json;
}

Json crash_properties(const Crash& crash) {
  Json json = Json::object();
  json["pid"] = crash.pid;
  put(json, "image", crash.image);
  json["status"] = hex_code(crash.status);
  put(json, "severity", crash.severity);
  put(json, "why", crash.why);
  put(json, "bucket", crash.bucket);
  put(json, "minidump", crash.minidump);
  return json;
}

Json result_json(const RunReport& report, const Finding& finding, std::size_t rule_index, bool with_stacks) {
  Json json = Json::object();
  json["ruleId"] = to_valid_utf8(finding.rule);
  json["ruleIndex"] = rule_index;
  json["level"] = "error";  // each of them fails the run; how bad a crash is says its rank
  json["message"] = message(finding.message);
  json["locations"] = Json::array({location_of(finding)});
  if (Json stacks = with_stacks ? stacks_of(report, finding) : Json(); !stacks.empty()) {
    json["stacks"] = std::move(stacks);
  }
  if (Json fingerprints = fingerprints_of(finding); !fingerprints.empty()) {
    json["partialFingerprints"] = std::move(fingerprints);
  }
  if (finding.crash != nullptr) {
    const auto rank = std::ranges::find(kRanks, finding.crash->severity, &SeverityRow::severity);
    if (rank != kRanks.end()) {
      json["rank"] = rank->rank;
    }
    json["properties"] = crash_properties(*finding.crash);
  }
  return json;
}

Json rule_json(const std::string& rule) {
  const std::string text = describe_rule(rule);
  Json json = Json::object();
  json["id"] = to_valid_utf8(rule);
  json["shortDescription"] = message(text + ".");
  json["fullDescription"] = message(text + ".");
  json["help"] = message(text + ". The message says where; the stack of the result says how it came there.");
  json["defaultConfiguration"]["level"] = "error";
  json["properties"] = {{"precision", "very-high"}, {"problem.severity", "error"}};
  return json;
}

bool is_result(const Finding& finding) {
  return finding.kind != FindingKind::kNotStarted && finding.kind != FindingKind::kInterrupted;
}

Json notification(std::string_view level, std::string_view text) {
  Json json = Json::object();
  json["level"] = level;
  json["message"] = message(text);
  return json;
}

Json invocation_json(const RunReport& report) {
  Json json = Json::object();
  put(json, "commandLine", report.command_line);
  json["startTimeUtc"] = utc_text(report.started);
  json["endTimeUtc"] = utc_text(report.started + report.duration);
  json["exitCode"] = static_cast<std::int32_t>(report.exit_code);  // readers keep it in 32 bits
  put(json, "exitCodeDescription", report.summary);
  put(json, "processStartFailureMessage", report.start_failure);
  json["executionSuccessful"] = report.verdict != Verdict::kStartFailed && report.verdict != Verdict::kInterrupted;
  Json notifications = Json::array();
  for (const Finding& finding : findings_of(report)) {
    if (!is_result(finding)) {
      notifications.push_back(notification("error", finding.message));
    }
  }
  for (const std::string& warning : report.warnings) {
    notifications.push_back(notification("warning", warning));
  }
  if (!notifications.empty()) {
    json["toolExecutionNotifications"] = std::move(notifications);
  }
  json["properties"]["verdict"] = verdict_name(report.verdict);
  return json;
}

// The rules that were broken, numbered in the order in which they come.
class Rules {
 public:
  std::size_t index_of(const std::string& rule) {
    const auto known = std::ranges::find(rules_, rule);
    const auto index = static_cast<std::size_t>(known - rules_.begin());
    if (known == rules_.end()) {
      rules_.push_back(rule);
    }
    return index;
  }

  Json json() const {
    Json descriptors = Json::array();
    for (const std::string& rule : rules_) {
      descriptors.push_back(rule_json(rule));
    }
    return descriptors;
  }

 private:
  std::vector<std::string> rules_;
};

std::string log_text(const std::string& version, const Rules& rules, Json invocation, Json results) {
  Json driver = Json::object();
  driver["name"] = "catcher";
  put(driver, "version", version);
  put(driver, "semanticVersion", version);
  driver["rules"] = rules.json();
  Json run = Json::object();
  run["tool"]["driver"] = std::move(driver);
  run["invocations"] = Json::array({std::move(invocation)});
  run["results"] = std::move(results);
  run["columnKind"] = "utf16CodeUnits";
  Json json = Json::object();
  json["$schema"] = kSchema;
  json["version"] = "2.1.0";
  json["runs"] = Json::array({std::move(run)});
  return json.dump(kIndent) + '\n';
}

struct OutcomeRow {
  SweepOutcome outcome;
  FindingKind kind;
  std::string_view rule;
};
constexpr std::array kOutcomes{OutcomeRow{SweepOutcome::kCrash, FindingKind::kCrash, "crash-exception"},
                               OutcomeRow{SweepOutcome::kHang, FindingKind::kHang, "hang"},
                               OutcomeRow{SweepOutcome::kLimit, FindingKind::kLimit, "limit"},
                               OutcomeRow{SweepOutcome::kDefect, FindingKind::kDefect, "defect"}};

// As much of the crash as was kept of it.
Crash crash_of(const SweepBucket& bucket) {
  Crash crash;
  crash.image = bucket.evidence.image;
  crash.summary = bucket.evidence.summary;
  crash.severity = bucket.evidence.severity;
  crash.rule = bucket.evidence.rule;
  crash.why = bucket.evidence.why;
  crash.bucket = bucket.id;
  crash.stack.frames = bucket.evidence.stack;
  return crash;
}

Json bucket_result(const SweepBucket& bucket, const Crash& crash, Rules& rules) {
  const auto row = std::ranges::find(kOutcomes, bucket.outcome, &OutcomeRow::outcome);
  Finding finding;
  finding.kind = row == kOutcomes.end() ? FindingKind::kDefect : row->kind;
  finding.rule = crash.rule.empty() ? std::string(row == kOutcomes.end() ? "defect" : row->rule) : crash.rule;
  finding.message =
      fmt::format("{} ({} of {} runs of {} inputs; {})", crash.summary.empty() ? bucket.id : crash.summary, bucket.runs,
                  bucket.tries, bucket.inputs, bucket.directory);
  finding.image = crash.image;
  finding.bucket = bucket.id;
  const auto place = std::ranges::find_if(
      crash.stack.frames, [](const Frame& frame) { return frame.in_bucket && !frame.file.empty() && frame.line != 0; });
  finding.place = place == crash.stack.frames.end() ? nullptr : &*place;
  finding.crash = bucket.outcome == SweepOutcome::kCrash ? &crash : nullptr;
  Json json = result_json({}, finding, rules.index_of(finding.rule), true);
  json["occurrenceCount"] = bucket.runs;
  if (finding.crash != nullptr) {  // what only a single crash has
    json["properties"].erase("pid");
    json["properties"].erase("status");
  }
  return json;
}

Json invocation_json(const SweepReport& report) {
  Json json = Json::object();
  put(json, "commandLine", report.command_line);
  json["startTimeUtc"] = utc_text(std::chrono::system_clock::time_point(report.started));
  json["endTimeUtc"] = utc_text(std::chrono::system_clock::time_point(report.ended));
  json["exitCode"] = static_cast<std::int32_t>(report.exit_code);
  json["executionSuccessful"] = report.failure.empty() && !report.interrupted;
  Json notifications = Json::array();
  if (!report.failure.empty()) {
    notifications.push_back(notification("error", report.failure));
  }
  for (const std::string& warning : report.warnings) {
    notifications.push_back(notification("warning", warning));
  }
  if (!notifications.empty()) {
    json["toolExecutionNotifications"] = std::move(notifications);
  }
  return json;
}

}  // namespace

std::string to_sarif(const RunReport& report) {
  Rules rules;
  std::set<std::string> buckets;  // of one bucket only the first has its stack: hundreds of crashes may repeat it
  Json results = Json::array();
  for (const Finding& finding : findings_of(report)) {
    if (is_result(finding)) {
      const bool is_new = finding.bucket.empty() || buckets.insert(finding.bucket).second;
      results.push_back(result_json(report, finding, rules.index_of(finding.rule), is_new));
    }
  }
  return log_text(report.catcher_version, rules, invocation_json(report), std::move(results));
}

std::string to_sarif(const SweepReport& report) {
  Rules rules;
  Json results = Json::array();
  for (const SweepBucket& bucket : report.buckets) {
    results.push_back(bucket_result(bucket, crash_of(bucket), rules));
  }
  return log_text(report.catcher_version, rules, invocation_json(report), std::move(results));
}

}  // namespace catcher
