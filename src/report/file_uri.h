#pragma once

#include <string>
#include <string_view>

namespace catcher {

// The path of a file, as debug information or Windows names it, as a URI reference (RFC 3986, RFC 8089), %-encoded.
// Absolute paths (C:\x, \\server\share\x, \\?\C:\x, /x) become file: URIs, all others relative references with forward
// slashes. "." and empty segments are dropped, "a/.." is resolved. Never empty: "." where nothing is left.
std::string file_uri(std::string_view path);

}  // namespace catcher
