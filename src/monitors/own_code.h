#pragma once

#include "debugger/module.h"

namespace catcher {

// True for a module of the program itself: neither of the system nor of a language's runtime, which open and close
// handles only because somebody told them to. The program at `image_base` always is.
bool is_own_code(const Module& module, Address image_base);

}  // namespace catcher
