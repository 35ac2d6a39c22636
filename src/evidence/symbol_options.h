#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace catcher {

// Where symbols may be looked for, and what that may cost.
struct SymbolOptions {
  std::vector<std::string> directories;    // --symbols, UTF-8, in the user's order
  std::chrono::milliseconds time{10'000};  // for all the names of one report
};

}  // namespace catcher
