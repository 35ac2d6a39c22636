#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace catcher {

// The readable form of an Itanium C++ ABI name ("_Z3foov" -> "foo()"). Nothing when it is not one, when its readable
// form is longer than `limit` (a name of a hundred bytes can stand for more than fits into any memory), or when this
// build's C++ runtime has no demangler (MSVC's).
std::optional<std::string> demangle_itanium(std::string_view symbol, std::size_t limit);

}  // namespace catcher
