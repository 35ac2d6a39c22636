#pragma once

#include "cli/option_values.h"
#include "cli/report_order.h"

#include <catcher/sweep.h>

namespace catcher {

// What `catcher sweep` and `catcher report merge` take beside the options of every run.
class SweepWords {
 public:
  void add_to_sweep(CLI::App& app);
  void add_to_merge(CLI::App& app);

  // All but SweepOptions::run. Throws UsageError.
  void interpret(SweepOptions& options) const;
  // The same for what a merge has of it.
  void interpret_merge(SweepOptions& options) const;

 private:
  void add_gate(CLI::App& app);
  SweepGate gate() const;

  std::optional<std::string> corpus_;
  std::optional<std::string> list_;
  std::optional<std::string> out_;
  std::optional<std::string> workers_;
  std::optional<std::string> repeat_;
  std::optional<std::string> keep_;
  std::optional<std::string> confirm_;
  std::optional<std::string> shard_;
  std::optional<std::string> dumps_;
  std::optional<std::string> baseline_;
  std::optional<std::string> fail_on_;
  bool own_directory_ = false;
};

// Refuses options of a run that a sweep sees to itself. Throws UsageError.
void refuse_in_sweep(const Options& run);

}  // namespace catcher
