#include "report/sweep_journal.h"

#include "report/escape.h"
#include "report/json_fields.h"
#include "report/utc_text.h"
#include "triage/hex.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJournalSchema = "catcher-journal/1";
constexpr std::string_view kBucketSchema = "catcher-bucket/1";
constexpr std::string_view kSummarySchema = "catcher-sweep/1";

struct OutcomeRow {
  SweepOutcome outcome;
  std::string_view name;
};
constexpr std::array kOutcomes{
    OutcomeRow{SweepOutcome::kPassed, "passed"}, OutcomeRow{SweepOutcome::kCrash, "crash"},
    OutcomeRow{SweepOutcome::kHang, "hang"},     OutcomeRow{SweepOutcome::kLimit, "limit"},
    OutcomeRow{SweepOutcome::kDefect, "defect"}, OutcomeRow{SweepOutcome::kUntested, "untested"},
};

void put_number(Json& object, const char* key, std::uint64_t number) {
  if (number != 0) {
    object[key] = number;
  }
}

// Readers of what may be anybody's file: another type than was expected counts as nothing.
std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_of(const Json& object, const char* key, std::uint64_t otherwise = 0) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : otherwise;
}

bool truth_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  if (const auto found = object.find(key); found != object.end() && found->is_array()) {
    for (const Json& text : *found) {
      texts.push_back(text.is_string() ? text.get<std::string>() : std::string());
    }
  }
  return texts;
}

std::chrono::milliseconds time_of(const Json& object, const char* key) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 43;  // in the year 2248: what the clocks of C++ can hold
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(number_of(object, key), kMost)));
}

Json parsed(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

std::optional<SweepOutcome> outcome_of(const Json& object) {
  const std::string name = text_of(object, "outcome");
  const auto row = std::ranges::find(kOutcomes, name, &OutcomeRow::name);
  return row == kOutcomes.end() ? std::nullopt : std::optional(row->outcome);
}

std::optional<SweepRecord> record_of(const Json& json) {
  const auto outcome = outcome_of(json);
  if (!outcome || !json.contains("ms")) {  // the last field
    return std::nullopt;
  }
  SweepRecord record;
  record.outcome = *outcome;
  record.input = text_of(json, "input");
  record.round = static_cast<std::uint32_t>(number_of(json, "round", 1));
  record.size = number_of(json, "size");
  record.hash = text_of(json, "hash");
  record.exit_code = static_cast<std::uint32_t>(number_of(json, "exit_code"));
  record.bucket = text_of(json, "bucket");
  record.problem = text_of(json, "problem");
  record.at = time_of(json, "at");
  record.duration = time_of(json, "ms");
  record.peak = number_of(json, "peak");
  return record;
}

SweepIdentity identity_of(const Json& json) {
  return {text_of(json, "command_line"), texts_of(json, "corpora"), texts_of(json, "shards"),
          texts_of(json, "options")};
}

Json frame_json(const Frame& frame) {
  Json json = Json::object();
  put(json, "module", frame.module);
  json["offset"] = hex_value(frame.offset);
  put(json, "function", frame.function);
  put(json, "file", frame.file);
  put_number(json, "line", frame.line);
  if (frame.is_inline) {
    json["inline"] = true;
  }
  json["in_bucket"] = frame.in_bucket;
  return json;
}

Frame frame_of(const Json& json) {
  Frame frame;
  frame.module = text_of(json, "module");
  frame.function = text_of(json, "function");
  frame.file = text_of(json, "file");
  frame.line = static_cast<std::uint32_t>(number_of(json, "line"));
  frame.is_inline = truth_of(json, "inline");
  frame.in_bucket = truth_of(json, "in_bucket");
  const std::string offset = text_of(json, "offset");
  frame.offset = offset.size() > 2 ? std::strtoull(offset.c_str() + 2, nullptr, 16) : 0;
  return frame;
}

void put_evidence(Json& json, const SweepEvidence& evidence) {
  put(json, "summary", evidence.summary);
  put(json, "image", evidence.image);
  json["exit_code"] = evidence.exit_code;
  put(json, "severity", evidence.severity);
  put(json, "rule", evidence.rule);
  put(json, "why", evidence.why);
  put(json, "minor", evidence.minor);
  if (evidence.confirm_runs != 0) {
    json["confirm"] = {{"runs", evidence.confirm_runs}, {"same", evidence.confirm_same}};
  }
  if (!evidence.stack.empty()) {
    Json& stack = json["stack"] = Json::array();
    for (const Frame& frame : evidence.stack) {
      stack.push_back(frame_json(frame));
    }
  }
}

Json bucket_json(const SweepBucket& bucket, bool has_baseline) {
  Json json = Json::object();
  json["id"] = to_valid_utf8(bucket.id);
  json["outcome"] = outcome_name(bucket.outcome);
  if (has_baseline) {
    json["new"] = bucket.is_new;
  }
  put(json, "directory", bucket.directory);
  json["runs"] = bucket.runs;
  json["inputs"] = bucket.inputs;
  json["tries"] = bucket.tries;
  json["flaky"] = bucket.is_flaky();
  json["first_run"] = bucket.first_run;
  json["group"] = bucket.group;
  put(json, "similar", bucket.similar);
  put_evidence(json, bucket.evidence);
  Json& examples = json["examples"] = Json::array();
  for (const SweepExample& example : bucket.examples) {
    examples.push_back({{"input", to_valid_utf8(example.input)},
                        {"file", to_valid_utf8(example.file)},
                        {"size", example.size},
                        {"hash", to_valid_utf8(example.hash)}});
  }
  return json;
}

std::string time_text(std::chrono::milliseconds time) {
  return utc_text(std::chrono::system_clock::time_point(time));
}

}  // namespace

std::string_view outcome_name(SweepOutcome outcome) {
  return std::ranges::find(kOutcomes, outcome, &OutcomeRow::outcome)->name;
}

std::string identity_line(const SweepIdentity& identity) {
  Json json = Json::object();
  json["schema"] = kJournalSchema;
  put(json, "command_line", identity.command_line);
  put(json, "corpora", identity.corpora);
  put(json, "shards", identity.shards);
  put(json, "options", identity.options);
  return json.dump() + '\n';
}

std::string record_line(const SweepRecord& record) {
  Json json = Json::object();
  put(json, "input", record.input);
  if (record.round != 1) {
    json["round"] = record.round;
  }
  put_number(json, "size", record.size);
  put(json, "hash", record.hash);
  json["outcome"] = outcome_name(record.outcome);
  json["exit_code"] = record.exit_code;
  put(json, "bucket", record.bucket);
  put(json, "problem", record.problem);
  put_number(json, "peak", record.peak);
  json["at"] = static_cast<std::uint64_t>(record.at.count());
  json["ms"] = static_cast<std::uint64_t>(record.duration.count());
  return json.dump() + '\n';
}

std::string complete_line() {
  return "{\"complete\":true}\n";
}

Journal read_journal(std::string_view text) {
  Journal journal;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const Json json = parsed(line);
    if (json.is_object() && text_of(json, "schema") == kJournalSchema && !journal.identity) {
      journal.identity = identity_of(json);
    } else if (json.is_object() && truth_of(json, "complete")) {
      journal.complete = true;
    } else if (auto record = json.is_object() && end != std::string_view::npos ? record_of(json) : std::nullopt) {
      journal.records.push_back(std::move(*record));
      journal.complete = false;
    } else {
      ++journal.torn;
    }
  }
  return journal;
}

std::string evidence_json(const SweepEvidence& evidence) {
  Json json = Json::object();
  json["schema"] = kBucketSchema;
  json["bucket"] = to_valid_utf8(evidence.bucket);
  json["outcome"] = outcome_name(evidence.outcome);
  put(json, "input", evidence.input);
  put_number(json, "size", evidence.size);
  put(json, "hash", evidence.hash);
  put(json, "names", evidence.names);
  put_evidence(json, evidence);
  return json.dump(1) + '\n';
}

std::optional<SweepEvidence> read_evidence(std::string_view text) {
  const Json json = parsed(text);
  const auto outcome = json.is_object() ? outcome_of(json) : std::nullopt;
  if (!outcome || text_of(json, "schema") != kBucketSchema) {
    return std::nullopt;
  }
  SweepEvidence evidence;
  evidence.outcome = *outcome;
  evidence.bucket = text_of(json, "bucket");
  evidence.input = text_of(json, "input");
  evidence.size = number_of(json, "size");
  evidence.hash = text_of(json, "hash");
  evidence.names = texts_of(json, "names");
  evidence.summary = text_of(json, "summary");
  evidence.image = text_of(json, "image");
  evidence.exit_code = static_cast<std::uint32_t>(number_of(json, "exit_code"));
  evidence.severity = text_of(json, "severity");
  evidence.rule = text_of(json, "rule");
  evidence.why = text_of(json, "why");
  evidence.minor = text_of(json, "minor");
  if (const auto confirm = json.find("confirm"); confirm != json.end() && confirm->is_object()) {
    evidence.confirm_runs = static_cast<std::uint32_t>(number_of(*confirm, "runs"));
    evidence.confirm_same = static_cast<std::uint32_t>(number_of(*confirm, "same"));
  }
  if (const auto stack = json.find("stack"); stack != json.end() && stack->is_array()) {
    for (const Json& frame : *stack) {
      evidence.stack.push_back(frame.is_object() ? frame_of(frame) : Frame());
    }
  }
  return evidence;
}

std::string to_json(const SweepReport& report) {
  Json json = Json::object();
  json["schema"] = kSummarySchema;
  put(json, "catcher", report.catcher_version);
  put(json, "command_line", report.command_line);
  put(json, "corpora", report.corpora);
  put(json, "shards", report.shards);
  put(json, "options", report.options);
  json["started"] = time_text(report.started);
  json["ended"] = time_text(report.ended);
  json["complete"] = report.complete;
  json["interrupted"] = report.interrupted;
  put(json, "failure", report.failure);
  json["exit_code"] = report.exit_code;
  json["runs"] = report.runs;
  json["inputs"] = report.inputs;
  Json& outcomes = json["outcomes"] = Json::object();
  for (const OutcomeRow& row : kOutcomes) {
    const auto found = report.outcomes.find(row.outcome);
    outcomes[std::string(row.name)] = found == report.outcomes.end() ? 0 : found->second;
  }
  Json& codes = json["exit_codes"] = Json::object();
  for (const auto& [code, count] : report.exit_codes) {
    codes[std::to_string(code)] = count;
  }
  if (!report.peaks.empty()) {
    Json& peaks = json["peaks"] = Json::array();
    for (const SweepPeak& peak : report.peaks) {
      peaks.push_back({{"input", to_valid_utf8(peak.input)}, {"peak", peak.peak}});
    }
  }
  Json& buckets = json["buckets"] = Json::array();
  for (const SweepBucket& bucket : report.buckets) {
    buckets.push_back(bucket_json(bucket, report.has_baseline));
  }
  put(json, "warnings", report.warnings);
  return json.dump(1) + '\n';
}

std::optional<std::vector<std::string>> read_bucket_ids(std::string_view summary) {
  const Json json = parsed(summary);
  const auto buckets = json.is_object() ? json.find("buckets") : json.end();
  if (!json.is_object() || text_of(json, "schema") != kSummarySchema || buckets == json.end()) {
    return std::nullopt;
  }
  std::vector<std::string> ids;
  for (const Json& bucket : *buckets) {
    if (bucket.is_object()) {
      ids.push_back(text_of(bucket, "id"));
    }
  }
  return ids;
}

}  // namespace catcher
