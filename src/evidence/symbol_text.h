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

// The last component of a path with either kind of separator.
std::string_view file_name_of(std::string_view path);

// What stands before the last component, without the separator; empty when there is none.
std::string_view directory_of(std::string_view path);

}  // namespace catcher
