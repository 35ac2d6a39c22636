#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace catcher {

// The readable form of an MSVC name ("?run@Thing@app@@QEAAHH@Z" -> "app::Thing::run(int)"); nothing when it is not one,
// or when the system's dbghelp, which reads it, is not there.
std::optional<std::string> undecorate_msvc_name(std::string_view symbol);

}  // namespace catcher
