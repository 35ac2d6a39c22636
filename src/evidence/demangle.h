#pragma once

#include <string>
#include <string_view>

namespace catcher {

// The readable form of a symbol's name, whichever compiler made it: `_Z…` (Itanium: GCC, clang, Rust's legacy scheme),
// `?…` (MSVC); a C name as it is, without the suffix of a compiler's clone (".cold", ".part.0"). Always fit to be shown
// (printable()); a name that cannot be read, or whose readable form would be absurdly long, comes back as it was.
std::string readable_name(std::string_view symbol);

// The name without a trailing ".cold", ".part.N", ".isra.N", ".constprop.N", ".lto_priv.N", ".llvm.N", however many
// there are.
std::string_view without_clone_suffix(std::string_view symbol);

}  // namespace catcher
