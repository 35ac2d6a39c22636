#pragma once

#include "cli/option_values.h"

#include <catcher/options.h>

namespace catcher {

// The options that say what the target finds when it starts and what becomes of its output.
class TargetOptions {
 public:
  void add_to(CLI::App& app);

  // Throws UsageError.
  void interpret(Options& options) const;

  // The first of these options that was given and makes sense only for a target that catcher itself starts; empty:
  // none.
  std::string first_for_start() const;

 private:
  void interpret_surroundings(Surroundings& surroundings) const;
  void interpret_capture(Capture& capture) const;

  std::vector<std::string> variables_;
  std::optional<std::string> directory_;
  std::optional<std::string> log_directory_;
  std::optional<std::string> stdin_;
  bool quiet_target_ = false;
  bool debug_output_ = false;
  bool debug_heap_ = false;
  bool strict_handles_ = false;
  bool run_as_is_ = false;
};

}  // namespace catcher
