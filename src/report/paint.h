#pragma once

#include <string>
#include <string_view>

namespace catcher {

// Colours text for a terminal, or leaves it as it is. Give it text that is escaped already.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}

  std::string alarm(std::string_view text) const { return in("\x1b[1;31m", text); }    // a crash
  std::string caution(std::string_view text) const { return in("\x1b[1;33m", text); }  // a timeout, a warning
  std::string strong(std::string_view text) const { return in("\x1b[1m", text); }      // a function's name
  std::string faint(std::string_view text) const { return in("\x1b[2m", text); }       // what few need

 private:
  std::string in(std::string_view start, std::string_view text) const {
    return on_ && !text.empty() ? std::string(start).append(text).append("\x1b[0m") : std::string(text);
  }

  bool on_;
};

}  // namespace catcher
