#include "report/surroundings_json.h"

#include "report/escape.h"
#include "report/json_fields.h"

#include <string_view>

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

void put_true(Json& object, const char* key, bool is_so) {
  if (is_so) {
    object[key] = true;
  }
}

Json stream_json(const CapturedStream& stream) {
  Json json = Json::object();
  put(json, "path", stream.path);
  json["bytes"] = stream.bytes;
  put(json, "tail", stream.tail);
  put(json, "problem", stream.problem);
  return json;
}

}  // namespace

Json surroundings_json(const RunReport& report) {
  const Surroundings& surroundings = report.surroundings;
  Json json;
  for (const EnvironmentVariable& variable : surroundings.variables) {
    Json entry = Json::object();
    entry["name"] = to_valid_utf8(variable.name);
    entry["value"] = to_valid_utf8(variable.value);
    json["environment"].push_back(std::move(entry));
  }
  put(json, "directory", surroundings.directory);
  put(json, "stdin", report.stdin_file);
  put_true(json, "debug_heap", surroundings.debug_heap);
  put_true(json, "strict_handles", surroundings.strict_handles);
  put_true(json, "run_as_is", surroundings.run_as_is);
  return json;
}

Json captured_json(const CapturedOutput& captured) {
  Json json = Json::object();
  json["stdout"] = stream_json(captured.out);
  json["stderr"] = stream_json(captured.error);
  return json;
}

Json debug_output_json(const DebugOutput& output) {
  Json json;
  if (output.lines.empty() && output.dropped == 0) {
    return json;
  }
  Json& lines = json["lines"] = Json::array();
  for (const DebugLine& line : output.lines) {
    Json entry = Json::object();
    entry["pid"] = line.pid;
    entry["time_ms"] = line.time.count();
    entry["text"] = to_valid_utf8(line.text);
    if (line.dropped_before > 0) {
      entry["dropped_before"] = line.dropped_before;
    }
    lines.push_back(std::move(entry));
  }
  json["dropped"] = output.dropped;
  return json;
}

}  // namespace catcher
