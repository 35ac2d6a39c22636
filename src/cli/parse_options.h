#pragma once

#include "cli/command_line.h"

#include <catcher/options.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace catcher {

// A command line that makes no sense. what() is one line that names the word and the remedy.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How much catcher says on stderr.
enum class Verbosity { kQuiet, kNormal, kEvents };

// What a command line asks for.
struct Request {
  Options options;
  std::optional<std::wstring> report_file;
  bool full_text = false;
  Verbosity verbosity = Verbosity::kNormal;
  std::string answer;  // --help or --version: print this and be done
};

// Throws UsageError.
Request parse_options(const CommandLine& command_line);

}  // namespace catcher
