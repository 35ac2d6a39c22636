#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace catcher {

// A full path (full_path()) in the form that Windows does not limit to 260 characters: \\?\C:\…, \\?\UNC\server\….
std::wstring long_path(const std::wstring& full);

// A path as it is, or, where it is long, in that form: for what is opened where users said, which may be deep.
std::wstring openable_path(const std::wstring& path);

// True when there is a directory of this name.
bool is_directory(const std::wstring& path) noexcept;

// The directory with every one above it that is missing. Returns a Win32 error, or 0.
std::uint32_t make_directories(const std::wstring& path);

// The whole content. Throws std::system_error; with ERROR_FILE_TOO_LARGE for a file of more than `most` bytes.
std::string read_file(const std::wstring& path, std::uint64_t most = UINT64_MAX);

// Written under a temporary name beside it and renamed, so that a file of this name is always whole. Throws
// std::system_error.
void write_file(const std::wstring& path, std::string_view content);

// Everything in a directory, without following links to other places, and with `itself` the directory too. What cannot
// be removed stays.
void remove_contents(const std::wstring& directory, bool itself = false) noexcept;

}  // namespace catcher
