#include "sweep/sweep_identity.h"

#include "win32/full_path.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {
namespace {

// Collects what differs from the default as words of a command line.
class Words {
 public:
  void put(std::string_view name, bool given) {
    if (given) {
      words_.emplace_back(name);
    }
  }
  void put(std::string_view name, const std::string& value) {
    if (!value.empty()) {
      words_.push_back(fmt::format("{}={}", name, value));
    }
  }
  void put(std::string_view name, const std::optional<std::chrono::milliseconds>& time) {
    put(name, time ? fmt::format("{}ms", time->count()) : std::string());
  }
  template <typename Number>
  void put_number(std::string_view name, const std::optional<Number>& number) {
    put(name, number ? std::to_string(*number) : std::string());
  }
  void put_each(std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      put(name, value);
    }
  }

  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

std::string code(std::uint32_t number) {
  return fmt::format("0x{:X}", number);
}

void put_crashes(Words& words, const Options& run) {
  const CrashPolicy& policy = run.crash_policy;
  words.put("--first-chance", policy.first_chance);
  for (const CrashOnRule& rule : policy.crash_on) {
    words.put("--crash-on", code(rule.code) + (rule.first_chance ? ",first" : ""));
  }
  for (const std::uint32_t ignored : policy.ignore) {
    words.put("--ignore", code(ignored));
  }
  for (const std::uint32_t exit_code : policy.crash_on_exit) {
    words.put("--crash-on-exit", code(exit_code));
  }
  if (run.crash_exit_code.mode != CrashExitCode::Mode::kSignal) {
    words.put("--crash-exit-code", run.crash_exit_code.mode == CrashExitCode::Mode::kStatus
                                       ? std::string("status")
                                       : std::to_string(run.crash_exit_code.fixed));
  }
  words.put("--keep-going", run.keep_going);
}

void put_tree(Words& words, const Options& run) {
  words.put("--timeout", run.timeout);
  words.put("--idle-timeout", run.limits.idle);
  words.put("--idle-ok", run.limits.idle_ok);
  words.put("--start-timeout", run.limits.start);
  words.put_number("--max-memory", run.limits.memory);
  words.put_number("--max-processes", run.limits.processes);
  words.put_number("--max-output", run.limits.output);
  if (run.tree.on_root_exit != OnRootExit::kWait) {
    words.put("--on-root-exit", std::string(run.tree.on_root_exit == OnRootExit::kKill ? "kill" : "detach"));
  }
  words.put("--linger", run.tree.linger);
  words.put_each("--follow", run.tree.follow);
  words.put_each("--no-follow", run.tree.no_follow);
}

void put_surroundings(Words& words, const Options& run) {
  for (const EnvironmentVariable& variable : run.surroundings.variables) {
    words.put("--env", variable.name + '=' + variable.value);
  }
  words.put("--cwd", run.surroundings.directory);
  words.put("--stdin", run.capture.stdin_file);
  words.put("--debug-heap", run.surroundings.debug_heap);
  words.put("--strict-handles", run.surroundings.strict_handles);
  words.put("--run-as-is", run.surroundings.run_as_is);
}

void put_probes(Words& words, const HandleOptions& handles) {
  if (handles.probe != HandleProbe::kOff) {
    words.put("--handles", std::string(handles.probe == HandleProbe::kClose  ? "close"
                                       : handles.probe == HandleProbe::kFull ? "full"
                                                                             : "uses"));
  }
  words.put_each("--guard-handle", handles.guards);
  words.put_number("--handle-leaks", handles.leaks);
}

void put_memory(Words& words, const MemoryOptions& memory) {
  if (memory.probe != MemoryProbe::kOff) {
    words.put("--memory", std::string(memory.probe == MemoryProbe::kTrace ? "trace" : "summary"));
  }
  words.put_number("--leak-limit", memory.leak_limit);
}

}  // namespace

SweepIdentity identity_of(const SweepOptions& options) {
  SweepIdentity identity;
  identity.command_line = to_utf8(options.run.command_line);
  if (!options.corpus.empty()) {
    identity.corpora = {to_utf8(full_path(to_utf16(options.corpus)))};
  } else if (!options.list.empty()) {
    identity.corpora = {options.list == "-" ? std::string("(stdin)") : to_utf8(full_path(to_utf16(options.list)))};
  }
  if (options.shard.count > 1) {
    identity.shards = {fmt::format("{}/{}", options.shard.index, options.shard.count)};
  }
  Words words;
  if (options.repeat > 1) {
    words.put("--repeat", std::to_string(options.repeat));
  }
  if (options.keep != SweepOptions().keep) {
    words.put("--keep", std::to_string(options.keep));
  }
  words.put("--own-cwd", options.own_directory);
  put_tree(words, options.run);
  put_crashes(words, options.run);
  put_surroundings(words, options.run);
  put_probes(words, options.run.handles);
  put_memory(words, options.run.memory);
  identity.options = words.take();
  return identity;
}

std::size_t kept_examples(const SweepIdentity& identity) {
  constexpr std::string_view kKeep = "--keep=";
  for (const std::string& word : identity.options) {
    if (word.starts_with(kKeep)) {
      return static_cast<std::size_t>(std::strtoul(word.c_str() + kKeep.size(), nullptr, 10));
    }
  }
  return SweepOptions().keep;
}

}  // namespace catcher
