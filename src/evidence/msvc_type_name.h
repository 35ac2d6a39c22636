#pragma once

#include <string>
#include <string_view>

namespace catcher {

// The readable form of the type name in an MSVC TypeDescriptor: ".?AVruntime_error@std@@" -> "std::runtime_error", ".H"
// -> "int",
// ".PEBD" -> "const char *". Templates are left to dbghelp where it is there; what cannot be read comes back as it was.
// Fit to be shown.
std::string readable_msvc_type(std::string_view decorated);

}  // namespace catcher
