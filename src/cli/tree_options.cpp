#include "cli/tree_options.h"

#include <fmt/format.h>

namespace catcher {
namespace {

constexpr const char* kLimitGroup = "Limits";
constexpr const char* kTreeGroup = "Process tree";

OnRootExit on_root_exit(const std::string& word) {
  if (word == "wait") {
    return OnRootExit::kWait;
  }
  if (word == "kill") {
    return OnRootExit::kKill;
  }
  if (word == "detach") {
    return OnRootExit::kDetach;
  }
  fail(fmt::format("--on-root-exit {}: give wait, kill or detach", shown(word)));
}

// A pattern for file names: a path in it would never match.
const std::string& pattern(std::string_view option, const std::string& word) {
  if (not_empty(option, word).find_first_of("\\/") != std::string::npos) {
    fail(fmt::format("{} {}: give a file name like 'helper*.exe', without a directory", option, shown(word)));
  }
  return word;
}

}  // namespace

void TreeOptions::add_to(CLI::App& app) {
  add_text(app, {"--timeout", "TIME", "kill the whole tree after this time: 5, 5s, 500ms, 2m, 1h", kLimitGroup},
           timeout_);
  add_text(app, {"--idle-timeout", "TIME", "kill the tree when it has used no processor time for so long", kLimitGroup},
           idle_timeout_);
  add_switch(app, {"--idle-ok", "", "a tree that went idle has done its work: that is a normal end", kLimitGroup},
             idle_ok_);
  add_text(app, {"--start-timeout", "TIME", "how long a process may take until its DLLs are initialised", kLimitGroup},
           start_timeout_);
  add_text(app, {"--max-memory", "SIZE", "committed memory of the whole tree: 512M, 2G", kLimitGroup}, max_memory_);
  add_text(app, {"--max-processes", "N", "processes that live at the same time", kLimitGroup}, max_processes_);
  add_text(app, {"--max-output", "SIZE", "what the tree may write to stdout and stderr", kLimitGroup}, max_output_);
  add_text(
      app,
      {"--on-root-exit", "WHAT", "wait (the default), kill or detach what the first process leaves behind", kTreeGroup},
      on_root_exit_);
  add_text(app, {"--linger", "TIME", "how long that may still run before it is killed or detached", kTreeGroup},
           linger_);
  add_list(app, {"--follow", "PATTERN", "debug only children with such a file name: 'worker*.exe'", kTreeGroup},
           follow_);
  add_list(app, {"--no-follow", "PATTERN", "do not debug children with such a file name", kTreeGroup}, no_follow_);
}

void TreeOptions::interpret_limits(Limits& limits) const {
  if (max_memory_) {
    limits.memory = size_value("--max-memory", *max_memory_);
  }
  if (max_processes_) {
    limits.processes = count_value("--max-processes", *max_processes_);
  }
  if (max_output_) {
    limits.output = size_value("--max-output", *max_output_);
  }
  if (idle_timeout_) {
    limits.idle = duration_value("--idle-timeout", *idle_timeout_);
  }
  if (start_timeout_) {
    limits.start = duration_value("--start-timeout", *start_timeout_);
  }
  if (idle_ok_ && !limits.idle) {
    fail("--idle-ok says what an idle tree means; say with --idle-timeout TIME when it is idle");
  }
  limits.idle_ok = idle_ok_;
}

void TreeOptions::interpret_tree(TreePolicy& tree) const {
  if (on_root_exit_) {
    tree.on_root_exit = on_root_exit(*on_root_exit_);
  }
  if (linger_) {
    if (tree.on_root_exit == OnRootExit::kWait) {
      fail("--linger is the time before --on-root-exit kill or detach; without one of these catcher waits for all");
    }
    tree.linger = duration_value("--linger", *linger_);
  }
  for (const std::string& word : follow_) {
    tree.follow.push_back(pattern("--follow", word));
  }
  for (const std::string& word : no_follow_) {
    tree.no_follow.push_back(pattern("--no-follow", word));
  }
}

void TreeOptions::interpret(Options& options) const {
  if (timeout_) {
    options.timeout = duration_value("--timeout", *timeout_);
  }
  interpret_limits(options.limits);
  interpret_tree(options.tree);
}

}  // namespace catcher
