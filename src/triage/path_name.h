#pragma once

#include <string_view>

namespace catcher {

// The last component of a path with either kind of separator; the whole of one without.
std::string_view file_name_of(std::string_view path);

// What stands before the last component, without the separator; empty when there is none.
std::string_view directory_of(std::string_view path);

}  // namespace catcher
