#pragma once

#include "cli/option_values.h"

#include <catcher/options.h>

namespace catcher {

// The options that say which processes count and what the tree may use before it is ended.
class TreeOptions {
 public:
  void add_to(CLI::App& app);

  // Throws UsageError.
  void interpret(Options& options) const;

 private:
  void interpret_limits(Limits& limits) const;
  void interpret_tree(TreePolicy& tree) const;

  std::optional<std::string> timeout_;
  std::optional<std::string> max_memory_;
  std::optional<std::string> max_processes_;
  std::optional<std::string> max_output_;
  std::optional<std::string> idle_timeout_;
  std::optional<std::string> start_timeout_;
  std::optional<std::string> on_root_exit_;
  std::optional<std::string> linger_;
  std::vector<std::string> follow_;
  std::vector<std::string> no_follow_;
  bool idle_ok_ = false;
};

}  // namespace catcher
