#pragma once

#include <string>
#include <string_view>

namespace catcher {

// A name from a file, fit to be shown: valid UTF-8, no control characters (U+FFFD stands for what was not fit), at most
// `limit` bytes with an ellipsis where it was longer.
std::string printable(std::string_view text, std::size_t limit = 2048);

// Whether `name` is a plain file name: no directory, drive or stream in it, no "." or "..". Records in an image that
// name a symbol file are followed only when they are.
bool is_plain_file_name(std::string_view name);

}  // namespace catcher
