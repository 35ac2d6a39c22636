#pragma once

#include "cli/option_values.h"

#include <catcher/options.h>

namespace catcher {

// What `catcher attach` takes beside the options of every run.
class AttachOptions {
 public:
  void add_to(CLI::App& app);

  // `words` are those that are no options: the process id. Throws UsageError.
  void interpret(const std::vector<std::string>& words, Options& options) const;

 private:
  std::optional<std::string> wait_for_;
  std::optional<std::string> ready_event_;
  bool only_look_ = false;
};

}  // namespace catcher
