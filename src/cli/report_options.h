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
  void interpret_annotate(Request& request) const;

  std::optional<std::string> report_;
  std::optional<std::string> junit_;
  std::optional<std::string> sarif_;
  std::optional<std::string> html_;
  std::optional<std::string> annotate_;
  bool full_ = false;
  bool quiet_ = false;
  bool verbose_ = false;
};

}  // namespace catcher
