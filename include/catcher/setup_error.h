#pragma once

#include <stdexcept>

namespace catcher {

/// Something that a run was asked for cannot be had: a log directory that cannot be made, an input file or a current
/// directory that is not there. Nothing of the target has run then. what() is one line for a person, UTF-8; it may hold
/// names as they were given.
class SetupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace catcher
