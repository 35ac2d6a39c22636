#pragma once

#include <string>
#include <string_view>

namespace catcher {

// "@@": where the path of an input goes.
inline constexpr std::wstring_view kPlaceholder = L"@@";

bool has_placeholder(std::wstring_view command_line) noexcept;

// A command line with a path in the place of every "@@". A path with blanks is put in quotes where it does not stand in
// quotes already.
std::wstring with_input(std::wstring_view command_line, std::wstring_view path);

}  // namespace catcher
