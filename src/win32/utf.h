#pragma once

#include <string>
#include <string_view>

namespace catcher {

// UTF-16 to UTF-8. Unpaired surrogates become U+FFFD: text from a debuggee is hostile and the result must be valid
// UTF-8.
std::string to_utf8(std::wstring_view text);

// UTF-8 to UTF-16; each byte that is not part of a valid sequence becomes U+FFFD.
std::wstring to_utf16(std::string_view text);

}  // namespace catcher
