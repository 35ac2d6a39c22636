#pragma once

#include <array>
#include <optional>

namespace catcher {

// Remembers the modes of the console (echo, line input, escape sequences, …) behind the standard handles and puts them
// back when it goes out of scope: they belong to the console, not to a process, and a target that is killed in the
// middle leaves them as they are. Does nothing where there is no console.
class ConsoleModes {
 public:
  ConsoleModes() noexcept;
  ~ConsoleModes();
  ConsoleModes(const ConsoleModes&) = delete;
  ConsoleModes& operator=(const ConsoleModes&) = delete;

 private:
  std::array<std::optional<unsigned long>, 3> modes_;  // of stdin, stdout, stderr; none: no console
};

}  // namespace catcher
