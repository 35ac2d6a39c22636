#pragma once

#include <string>
#include <string_view>

namespace catcher {

// Text of a debuggee made safe for one line on a terminal: what would move the cursor, change colours, reverse the
// reading direction or be invisible is shown as an escape (\n, \x1b, \u202e), each byte that is not UTF-8 as \xNN. The
// result is valid UTF-8.
std::string escape_for_terminal(std::string_view text);

// Text of a debuggee as valid UTF-8: each invalid stretch is replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

}  // namespace catcher
