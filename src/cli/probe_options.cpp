#include "cli/probe_options.h"

#include "cli/number.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace catcher {
namespace {

constexpr const char* kGroup = "Handles";
constexpr const char* kMemoryGroup = "Memory";

HandleProbe probe_of(const std::string& word) {
  if (word == "full") {
    return HandleProbe::kFull;
  }
  if (word == "close") {
    return HandleProbe::kClose;
  }
  if (word == "uses") {
    return HandleProbe::kUses;
  }
  fail(fmt::format("--handles={}: give close, full or uses", shown(word)));
}

MemoryProbe memory_probe_of(const std::string& word) {
  if (word == "summary") {
    return MemoryProbe::kSummary;
  }
  if (word == "trace") {
    return MemoryProbe::kTrace;
  }
  fail(fmt::format("--memory={}: give summary or trace", shown(word)));
}

}  // namespace

void ProbeOptions::add_to(CLI::App& app) {
  app.add_flag("--handles{full}", handles_,
               "find who closed a handle that is not his: =close watches closes only (cheap), =uses also who waits "
               "for, reads or writes a closed one")
      ->group(kGroup);
  add_list(
      app,
      {"--guard-handle", "PATTERN", "nobody may close such a handle: 'Semaphore:_Task*', a type or a name", kGroup},
      guards_);
  add_text(app,
           {"--handle-leaks", "N", "more than N handles from one place that are open at the end are a defect", kGroup},
           leaks_);
  add_text(app,
           {"--probe-rate", "N", "watched calls a second above which the watch ends (default 2000; 0: never)", kGroup},
           rate_);
  app.add_flag("--memory{summary}", memory_,
               "say what each process's address space and heaps are full of when it ends; =trace also who allocated "
               "the big blocks")
      ->group(kMemoryGroup);
  add_text(app,
           {"--memory-interval", "TIME", "shortest time between two samples of the committed memory", kMemoryGroup},
           memory_interval_);
  add_text(app,
           {"--leak-limit", "SIZE", "more memory than this from one stack, live at the end, is a defect", kMemoryGroup},
           leak_limit_);
}

void ProbeOptions::interpret_handles(HandleOptions& handles) const {
  if (!handles_.empty()) {
    handles.probe = probe_of(handles_);
  }
  for (const std::string& guard : guards_) {
    handles.guards.push_back(not_empty("--guard-handle", guard));
  }
  if (leaks_) {
    handles.leaks = number_value("--handle-leaks", *leaks_);
  }
  if (handles.probe == HandleProbe::kOff && (leaks_ || !guards_.empty())) {
    fail(fmt::format("{} says what --handles does; give that too", leaks_ ? "--handle-leaks" : "--guard-handle"));
  }
  if (handles.probe == HandleProbe::kClose && leaks_) {
    fail("--handles=close does not see who opens: --handle-leaks needs --handles");
  }
}

void ProbeOptions::interpret_memory(MemoryOptions& memory) const {
  if (!memory_.empty()) {
    memory.probe = memory_probe_of(memory_);
  }
  if (memory_interval_) {
    memory.interval = duration_value("--memory-interval", *memory_interval_);
  }
  if (leak_limit_) {
    memory.leak_limit = size_value("--leak-limit", *leak_limit_);
  }
  if (memory_interval_ && memory.probe == MemoryProbe::kOff) {
    fail("--memory-interval says what --memory does; give that too");
  }
  if (leak_limit_ && memory.probe != MemoryProbe::kTrace) {
    fail("--leak-limit needs to know who allocates: give --memory=trace too");
  }
}

void ProbeOptions::interpret(Options& options) const {
  interpret_handles(options.handles);
  interpret_memory(options.memory);
  if (!rate_) {
    return;
  }
  options.handles.rate = options.memory.rate = number_value("--probe-rate", *rate_);
  if (options.handles.probe == HandleProbe::kOff && options.memory.probe != MemoryProbe::kTrace) {
    fail("--probe-rate says what --handles and --memory=trace do; give one of them too");
  }
}

}  // namespace catcher
