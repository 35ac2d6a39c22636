#pragma once

#include "cli/option_values.h"

namespace catcher {

struct Request;

// The options that say which reports are written, and how much catcher says.
class ReportOptions {
 public:
  void add_to(CLI::App& app);

  // Throws UsageError.
  void interpret(Request& request) const;

 private:
  std::optional<std::string> report_;
  bool full_ = false;
  bool quiet_ = false;
  bool verbose_ = false;
};

}  // namespace catcher
