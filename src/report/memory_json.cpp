#include "report/memory_json.h"

#include <utility>

#include "report/allocations_json.h"
#include "report/escape.h"
#include "report/json_fields.h"
#include "triage/hex.h"
#include "triage/memory_words.h"

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

template <typename T, typename Convert>
Json each(const std::vector<T>& values, Convert convert) {
  Json array = Json::array();
  for (const T& value : values) {
    array.push_back(convert(value));
  }
  return array;
}

Json share_json(const MemoryShare& share) {
  return {{"name", share.name},       {"regions", share.regions},
          {"bytes", share.bytes},     {"committed", share.committed},
          {"largest", share.largest}, {"largest_at", hex_value(share.largest_at.value)}};
}

Json space_json(const AddressSummary& space) {
  return {{"regions", space.regions},
          {"total", space.total},
          {"busy", space.busy()},
          {"committed", space.committed},
          {"reserved", space.reserved},
          {"free", space.free},
          {"largest_free", space.largest_free},
          {"largest_free_at", hex_value(space.largest_free_at.value)},
          {"fragmentation", space.fragmentation()},
          {"complete", space.is_complete},
          {"uses", each(space.uses, share_json)},
          {"types", each(space.types, share_json)},
          {"states", each(space.states, share_json)},
          {"protections", each(space.protections, share_json)}};
}

Json blocks_json(const HeapBlocks& blocks) {
  return {{"size", blocks.size}, {"count", blocks.count}, {"bytes", blocks.bytes}};
}

Json heap_json(const HeapSize& heap) {
  Json json = {{"base", hex_value(heap.base.value)},
               {"kind", heap_kind_name(heap.kind)},
               {"process_heap", heap.is_process_heap},
               {"reserved", heap.reserved},
               {"committed", heap.committed},
               {"segments", heap.segments},
               {"big_blocks", heap.big_blocks},
               {"big_bytes", heap.big_bytes},
               {"big_sizes", each(heap.big_sizes, blocks_json)}};
  put(json, "note", heap.note);
  return json;
}

Json mapped_json(const MappedSize& size) {
  Json json = Json::object();
  put(json, "name", size.name);
  json["views"] = size.views;
  json["bytes"] = size.bytes;
  json["base"] = hex_value(size.base.value);
  return json;
}

Json stack_json(const ThreadStackSize& stack) {
  Json json = {{"tid", stack.tid}};
  put(json, "name", stack.name);
  json["reserved"] = stack.reserved;
  json["committed"] = stack.committed;
  json["used"] = stack.used;
  return json;
}

Json snapshot_json(const MemorySnapshot& snapshot) {
  Json json = {{"moment", memory_moment_name(snapshot.moment)},
               {"time_ms", snapshot.time.count()},
               {"cost_us", snapshot.cost.count()}};
  put(json, "headline", snapshot.headline);
  json["space"] = space_json(snapshot.space);
  json["heaps"] = each(snapshot.heaps, heap_json);
  json["images"] = each(snapshot.images, mapped_json);
  json["files"] = each(snapshot.files, mapped_json);
  json["threads"] = snapshot.stack_count;
  json["stacks"] = each(snapshot.stacks, stack_json);
  return json;
}

Json process_json(const ProcessMemoryReport& process) {
  Json json = {{"pid", process.pid}};
  put(json, "image", process.image);
  json["bits"] = process.bits;
  json["peak"] = process.peak;
  if (process.snapshot) {
    json["snapshot"] = snapshot_json(*process.snapshot);
  }
  put(json, "problem", process.problem);
  return json;
}

Json sample_json(const MemorySample& sample) {
  return {{"time_ms", sample.time.count()}, {"committed", sample.committed}};
}

}  // namespace

Json memory_json(const MemoryReport& memory) {
  Json json = {{"processes", each(memory.processes, process_json)}, {"timeline", each(memory.timeline, sample_json)}};
  if (memory.allocations) {
    json["allocations"] = allocations_json(*memory.allocations);
  }
  return json;
}

}  // namespace catcher
