#include "report/allocations_json.h"

#include "report/escape.h"
#include "report/stack_json.h"
#include "triage/allocation_words.h"
#include "triage/hex.h"

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

void put_image(Json& object, const std::string& image) {
  if (!image.empty()) {
    object["image"] = to_valid_utf8(image);
  }
}

Json group_json(const AllocationGroup& group) {
  Json json = Json::object();
  json["pid"] = group.pid;
  put_image(json, group.image);
  json["kind"] = allocation_kind_name(group.kind);
  json["defect"] = group.is_defect;
  json["summary"] = to_valid_utf8(group.summary);
  json["count"] = group.count;
  json["bytes"] = group.bytes;
  json["reserved"] = group.reserved;
  json["allocated"] = group.allocated;
  json["freed"] = group.freed;
  json["first_ms"] = group.first.count();
  json["last_ms"] = group.last.count();
  json["grows"] = group.grows;
  for (const AllocationSizes& sizes : group.sizes) {
    json["sizes"].push_back(
        {{"smallest", sizes.smallest}, {"largest", sizes.largest}, {"count", sizes.count}, {"bytes", sizes.bytes}});
  }
  for (const AllocationSample& sample : group.growth) {
    json["growth"].push_back({{"time_ms", sample.time.count()}, {"bytes", sample.bytes}});
  }
  json["example"] = hex_value(group.example.value);
  json["function"] = group.function;
  for (const std::string& function : group.path) {
    json["path"].push_back(to_valid_utf8(function));
  }
  put_stack(json, group.stack);
  return json;
}

Json count_json(const AllocationCount& count) {
  Json json = Json::object();
  json["pid"] = count.pid;
  put_image(json, count.image);
  json["calls"] = count.hits;
  json["allocated"] = count.allocated;
  json["freed"] = count.freed;
  json["freed_unknown"] = count.freed_unknown;
  json["lost"] = count.lost;
  json["live"] = count.live;
  json["live_bytes"] = count.live_bytes;
  if (count.begins) {
    json["begins_ms"] = count.begins->count();
  }
  if (count.stopped) {
    json["stopped_ms"] = count.stopped->count();
  }
  return json;
}

}  // namespace

Json allocations_json(const AllocationHistory& history) {
  Json json = Json::object();
  json["groups"] = Json::array();  // always there, so that a reader need not ask
  for (const AllocationGroup& group : history.groups) {
    json["groups"].push_back(group_json(group));
  }
  for (const AllocationCount& count : history.processes) {
    json["processes"].push_back(count_json(count));
  }
  return json;
}

}  // namespace catcher
