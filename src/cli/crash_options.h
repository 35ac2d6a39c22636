#pragma once

#include "cli/option_values.h"

#include <catcher/options.h>

namespace catcher {

// The options that say what counts as a crash and what is gathered then.
class CrashOptions {
 public:
  void add_to(CLI::App& app);

  // Throws UsageError.
  void interpret(Options& options) const;

 private:
  void interpret_evidence(EvidenceLimits& limits) const;

  std::vector<std::string> crash_on_;
  std::vector<std::string> ignore_;
  std::vector<std::string> crash_on_exit_;
  std::optional<std::string> crash_exit_code_;
  std::vector<std::string> symbols_;
  std::optional<std::string> dump_;
  std::optional<std::string> dump_type_;
  std::optional<std::string> dump_timeout_;
  bool first_chance_ = false;
  bool exit_stack_ = false;
  bool keep_going_ = false;
};

}  // namespace catcher
