#pragma once

#include "debugger/event.h"

#include <chrono>
#include <string>

namespace catcher {

// One line for one debug event: what `-v` shows. Names from the debuggee are in it as they are; who prints it escapes
// it.
std::string describe_event(const Event& event, std::chrono::milliseconds since_start);

}  // namespace catcher
