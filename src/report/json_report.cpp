#include "report/json_report.h"

#include "report/escape.h"
#include "report/json_fields.h"
#include "report/memory_json.h"
#include "report/stack_json.h"
#include "report/stack_text.h"
#include "report/surroundings_json.h"
#include "report/utc_text.h"
#include "triage/handle_words.h"
#include "triage/hex.h"
#include "triage/names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "catcher-report/1";
constexpr int kIndent = 1;

void put_object(Json& object, const char* key, Json value) {
  if (!value.is_null()) {
    object[key] = std::move(value);
  }
}

template <typename T, typename Convert>
void put_each(Json& object, const char* key, const std::vector<T>& values, Convert convert) {
  if (values.empty()) {
    return;
  }
  Json& array = object[key] = Json::array();
  for (const T& value : values) {
    array.push_back(convert(value));
  }
}

// The threads of one process. A stack that many of them have is written once: pools have hundreds that wait in the same
// place.
void put_threads(Json& array, const std::vector<ThreadRecord>& threads, const Json& common) {
  std::vector<const ThreadRecord*> different;
  for (const ThreadRecord& thread : threads) {
    Json json = common;
    json["tid"] = thread.tid;
    put(json, "name", thread.name);
    put(json, "state", thread.state);
    const auto same = std::ranges::find_if(
        different, [&](const ThreadRecord* earlier) { return same_stack(earlier->stack, thread.stack); });
    if (same != different.end() && !thread.stack.frames.empty()) {
      json["same_stack_as"] = (*same)->tid;
    } else {
      put_stack(json, thread.stack);
      different.push_back(&thread);
    }
    array.push_back(std::move(json));
  }
}

Json module_json(const ModuleRecord& module) {
  Json json = Json::object();
  json["base"] = hex_value(module.base.value);
  json["size"] = hex_value(module.size);
  put(json, "path", module.path);
  json["timestamp"] = hex_code(module.timestamp);
  put(json, "symbols", module.symbols);
  return json;
}

Json exception_json(const ExceptionInfo& exception) {
  Json json = Json::object();
  json["code"] = hex_code(exception.code);
  put(json, "name", exception.name);
  json["address"] = hex_value(exception.address.value);
  if (!exception.module.empty()) {
    put(json, "module", exception.module);
    json["offset"] = hex_value(exception.offset);
  }
  if (exception.operation) {
    json["operation"] = operation_name(*exception.operation);
  }
  if (exception.target) {
    json["target"] = hex_value(exception.target->value);
  }
  put_each(json, "parameters", exception.parameters, hex_value);
  put(json, "detail", exception.detail);
  return json;
}

Json cxx_json(const CxxException& exception) {
  Json json = Json::object();
  put(json, "type", exception.type);
  put(json, "what", exception.what);
  return json;
}

void put_registers(Json& object, const Crash& crash) {
  if (crash.registers.empty()) {
    return;
  }
  Json& registers = object["registers"] = Json::object();
  for (const auto& [name, value] : crash.registers) {
    registers[name] = hex_value(value);
  }
}

void put_evidence(Json& json, const Crash& crash) {
  put(json, "severity", crash.severity);
  put(json, "rule", crash.rule);
  put(json, "why", crash.why);
  put(json, "bucket", crash.bucket);
  put_stack(json, crash.stack);
  if (!crash.threads.empty()) {
    put_threads(json["threads"] = Json::array(), crash.threads, Json::object());
  }
  put_registers(json, crash);
  put(json, "instruction", crash.instruction);
  put(json, "instruction_note", crash.instruction_note);
  put(json, "target_region", crash.target_region);
  put_each(json, "modules", crash.modules, module_json);
  put(json, "debug_strings", crash.debug_strings);
  put(json, "minidump", crash.minidump);
  put(json, "minidump_error", crash.minidump_error);
}

Json crash_json(const Crash& crash) {
  Json json = Json::object();
  json["pid"] = crash.pid;
  if (crash.tid != 0) {
    json["tid"] = crash.tid;
    put(json, "thread_name", crash.thread_name);
  }
  json["time_ms"] = crash.time.count();
  json["kind"] = crash_kind_name(crash.kind);
  json["chance"] = chance_name(crash.chance);
  put(json, "image", crash.image);
  put(json, "summary", crash.summary);
  json["status"] = hex_code(crash.status);
  if (crash.exit_status) {
    json["exit_status"] = hex_code(*crash.exit_status);
  }
  if (crash.exception) {
    json["exception"] = exception_json(*crash.exception);
  }
  if (crash.cxx) {
    json["cxx"] = cxx_json(*crash.cxx);
  }
  put(json, "missing", crash.missing);
  put(json, "assertion", crash.assertion);
  put(json, "notes", crash.notes);
  put_evidence(json, crash);
  return json;
}

Json process_json(const ProcessRecord& process) {
  Json json = Json::object();
  json["pid"] = process.pid;
  json["parent_pid"] = process.parent_pid;
  json["bits"] = process.bits;
  put(json, "image", process.image);
  put(json, "command_line", process.command_line);
  json["start_ms"] = process.start.count();
  if (process.end) {
    json["end_ms"] = process.end->count();
  }
  if (process.exit_status) {
    json["exit_status"] = hex_code(*process.exit_status);
  }
  json["ended"] = how_ended_name(process.ended);
  if (!process.followed) {
    json["followed"] = false;
  }
  if (process.is_helper) {
    json["helper"] = true;
  }
  if (process.exit_stack && !process.exit_stack->frames.empty()) {
    put_stack(json["exit_stack"] = Json::object(), *process.exit_stack);
  }
  return json;
}

// The threads of all processes in one list, each with its process.
void put_threads(Json& object, const std::vector<Hang::Process>& processes) {
  Json& threads = object["threads"] = Json::array();
  for (const Hang::Process& process : processes) {
    Json common = Json::object();
    common["pid"] = process.pid;
    put(common, "image", process.image);
    put_threads(threads, process.threads, common);
  }
}

Json hang_json(const Hang& hang) {
  Json json = Json::object();
  put(json, "cause", hang.cause);
  put(json, "detail", hang.detail);
  put(json, "bucket", hang.bucket);
  put_threads(json, hang.processes);
  return json;
}

Json limit_json(const LimitHit& hit) {
  Json json = Json::object();
  json["kind"] = limit_kind_name(hit.kind);
  json["limit"] = hit.limit;
  json["measured"] = hit.measured;
  json["time_ms"] = hit.time.count();
  if (hit.pid != 0) {
    json["pid"] = hit.pid;
  }
  if (!hit.processes.empty()) {
    put_threads(json, hit.processes);
  }
  return json;
}

Json handled_json(const HandledException& handled) {
  Json json = Json::object();
  json["code"] = hex_code(handled.code);
  put(json, "name", handled.name);
  json["count"] = handled.count;
  return json;
}

Json handle_event_json(const HandleEvent& event) {
  Json json = Json::object();
  json["what"] = handle_event_name(event.kind);
  if (event.tid != 0) {
    json["tid"] = event.tid;
  }
  json["time_ms"] = event.time.count();
  put(json, "function", event.function);
  put(json, "type", event.type);
  put(json, "name", event.name);
  put(json, "place", describe_own_place(event));
  put_stack(json, event.stack);
  return json;
}

Json handle_finding_json(const HandleFinding& finding) {
  Json json = Json::object();
  json["kind"] = handle_finding_name(finding.kind);
  json["defect"] = finding.is_defect;
  json["pid"] = finding.pid;
  put(json, "image", finding.image);
  json["handle"] = hex_value(finding.handle);
  put(json, "summary", finding.summary);
  put(json, "note", finding.note);
  json["count"] = finding.count;
  json["event"] = handle_event_json(finding.event);
  put_each(json, "history", finding.history, handle_event_json);
  return json;
}

Json handle_leak_json(const HandleLeak& leak) {
  Json json = Json::object();
  json["pid"] = leak.pid;
  put(json, "image", leak.image);
  json["defect"] = leak.is_defect;
  put(json, "summary", summarize_handle_leak(leak));
  json["count"] = leak.count;
  json["grows"] = leak.grows;
  json["handle"] = hex_value(leak.handle);
  json["opened"] = handle_event_json(leak.opened);
  return json;
}

Json handle_count_json(const HandleCount& count) {
  Json json = Json::object();
  json["pid"] = count.pid;
  put(json, "image", count.image);
  json["calls"] = count.hits;
  json["opened"] = count.opened;
  json["closed"] = count.closed;
  if (count.open_at_end) {
    json["open_at_end"] = *count.open_at_end;
  }
  return json;
}

Json handles_json(const HandleReport& handles) {
  Json json = Json::object();
  json["findings"] = Json::array();
  put_each(json, "findings", handles.findings, handle_finding_json);
  put_each(json, "leaks", handles.leaks, handle_leak_json);
  put_each(json, "processes", handles.processes, handle_count_json);
  return json;
}

}  // namespace

std::string to_json(const RunReport& report) {
  Json json = Json::object();
  json["schema"] = kSchema;
  put(json, "catcher", report.catcher_version);
  put(json, "command_line", report.command_line);
  json["started"] = utc_text(report.started);
  json["duration_ms"] = report.duration.count();
  json["verdict"] = verdict_name(report.verdict);
  json["exit_code"] = report.exit_code;
  put(json, "summary", report.summary);
  put(json, "start_failure", report.start_failure);
  json["processes"] = Json::array();  // always there, so that a reader need not ask
  put_each(json, "processes", report.processes, process_json);
  put_each(json, "crashes", report.crashes, crash_json);
  if (report.hang) {
    json["hang"] = hang_json(*report.hang);
  }
  if (report.limit) {
    json["limit"] = limit_json(*report.limit);
  }
  put_object(json, "surroundings", surroundings_json(report));
  if (report.captured) {
    json["captured"] = captured_json(*report.captured);
  }
  put_object(json, "debug_output", debug_output_json(report.debug_output));
  if (report.handles) {
    json["handles"] = handles_json(*report.handles);
  }
  if (report.memory) {
    json["memory"] = memory_json(*report.memory);
  }
  put_each(json, "handled_exceptions", report.handled_exceptions, handled_json);
  put(json, "warnings", report.warnings);
  return json.dump(kIndent) + '\n';
}

}  // namespace catcher
