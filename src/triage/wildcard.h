#pragma once

#include <string_view>

namespace catcher {

// True when the whole of `text` fits the pattern: * stands for anything, ? for one character. ASCII letters match in
// either case. Takes time proportional to the product of the lengths at most.
bool matches_wildcard(std::string_view text, std::string_view pattern);

}  // namespace catcher
