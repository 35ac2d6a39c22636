#pragma once

#include <stdexcept>

namespace catcher {

// A command line that makes no sense. what() is one line that names the word and the remedy.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace catcher
