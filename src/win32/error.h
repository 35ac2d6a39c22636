#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace catcher {

// The calling thread's last Win32 error.
std::uint32_t last_error() noexcept;

// An exception that names the API and carries the Win32 code (std::system_category).
std::system_error win32_error(std::string_view api, std::uint32_t code);

// The same, with the calling thread's last error.
std::system_error last_win32_error(std::string_view api);

// The system's text for a Win32 code, one line, UTF-8, with the number: "access denied (5)".
std::string describe_win32_error(std::uint32_t code);

}  // namespace catcher
