#pragma once

#include "cli/option_values.h"

#include <catcher/options.h>

namespace catcher {

// The options that say what of a running program is watched more closely than it needs for a crash.
class ProbeOptions {
 public:
  void add_to(CLI::App& app);

  // Throws UsageError.
  void interpret(Options& options) const;

 private:
  void interpret_handles(HandleOptions& handles) const;
  void interpret_memory(MemoryOptions& memory) const;

  std::string handles_;
  std::vector<std::string> guards_;
  std::optional<std::string> leaks_;
  std::optional<std::string> rate_;
  std::string memory_;
  std::optional<std::string> memory_interval_;
  std::optional<std::string> leak_limit_;
};

}  // namespace catcher
