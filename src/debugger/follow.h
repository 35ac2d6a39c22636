#pragma once

#include <catcher/options.h>

#include <string_view>

namespace catcher {

// Which children are debugged, and which are waited for: pure decisions by the program's path.

// False for a child that the policy wants to run without a debugger.
bool is_followed(std::string_view image_path, const TreePolicy& policy);

// True for a program of the OS that comes along by itself with others: a console host, error reporting. Such a process
// may outlive the program it came for.
bool is_os_helper(std::string_view image_path);

}  // namespace catcher
