#pragma once

#include <string>

namespace catcher {

// The name that SetThreadDescription gave to a thread (HANDLE with THREAD_QUERY_LIMITED_INFORMATION, not taken), UTF-8;
// empty where it has none or the OS knows no such names (before Windows 10 1607).
std::string thread_description(void* thread);

}  // namespace catcher
