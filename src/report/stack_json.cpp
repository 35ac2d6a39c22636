#include "report/stack_json.h"

#include "report/escape.h"
#include "triage/hex.h"
#include "triage/names.h"

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

Json frame_json(const Frame& frame) {
  Json json = Json::object();
  json["address"] = hex_value(frame.pc.value);
  if (!frame.module.empty()) {
    json["module"] = to_valid_utf8(frame.module);
    json["offset"] = hex_value(frame.offset);
  }
  if (!frame.function.empty()) {
    json["function"] = to_valid_utf8(frame.function);
    json["function_offset"] = hex_value(frame.function_offset);
  }
  if (!frame.file.empty()) {
    json["file"] = to_valid_utf8(frame.file);
    json["line"] = frame.line;
  }
  json["inline"] = frame.is_inline;
  json["in_bucket"] = frame.in_bucket;
  json["source"] = frame_source_name(frame.source);
  return json;
}

}  // namespace

void put_stack(Json& object, const Stack& stack) {
  for (const Frame& frame : stack.frames) {
    object["stack"].push_back(frame_json(frame));
  }
  if (stack.frames_total > stack.frames.size()) {
    object["frames_total"] = stack.frames_total;
  }
  if (!stack.end_reason.empty()) {
    object["stack_end"] = to_valid_utf8(stack.end_reason);
  }
}

}  // namespace catcher
