#pragma once

#include <string>
#include <string_view>

namespace catcher {

// The name of a function as it stands in a bucket: without return type, arguments and qualifiers, template arguments as
// <*>, lambdas and anonymous namespaces without their numbers, without what compilers append to clones and thunks.
// Takes readable names of any compiler; "void app::parse<int>(int) const [clone .part.0]" gives "app::parse<*>".
std::string canonical_function(std::string_view function);

// "C:\app\Parser.DLL" gives "parser".
std::string canonical_module(std::string_view module);

}  // namespace catcher
