#pragma once

#include <span>
#include <string>
#include <string_view>

namespace catcher {

// Whether one of these patterns, as --guard-handle takes them ("Semaphore:_Task*", "_Task*"), means an object of this
// type and name.
bool is_guarded(std::span<const std::string> guards, std::string_view type, std::string_view name);

}  // namespace catcher
