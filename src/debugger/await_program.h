#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace catcher {

// Waits until a program is started whose file name matches `name` (* and ?, case ignored, UTF-8), and returns its
// process id. One that runs already when the waiting begins does not count. Nothing when the deadline passes or `wake`
// (an event, a HANDLE of the caller's; may be null) is set first.
std::optional<std::uint32_t> await_program(std::string_view name, void* wake,
                                           std::optional<std::chrono::steady_clock::time_point> deadline);

}  // namespace catcher
