#pragma once

#include <string>

namespace catcher {

// A path from the root on, counted from our current directory, without a trailing backslash (but for a root's own).
// What Windows cannot make one of comes back as it is.
std::wstring full_path(const std::wstring& path);

}  // namespace catcher
