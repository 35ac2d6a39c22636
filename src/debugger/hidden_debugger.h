#pragma once

#include "debugger/process_tree.h"
#include "debugger/thread_context.h"

#include <cstdint>

namespace catcher {

// Hides from a debuggee that it has a debugger (--run-as-is): the documented functions that tell it, IsDebuggerPresent
// and CheckRemoteDebuggerPresent, get a breakpoint at which catcher answers "no" in their place. The flag in the PEB
// stays as it is: ntdll looks at it too, and where it is not set does not tell a debugger of exceptions that are raised
// in software.

// Sets the breakpoints in a module that was just loaded, where it has these functions.
void hide_debugger_in(Process& process, const Module& module);

// Lets a thread that has just entered such a function return from it with the answer. `context` is its own, at the
// first instruction; writing it back is the caller's. False, and nothing changed, when that cannot be done.
bool answer_for_debugger_check(Process& process, std::uint32_t breakpoint_id, ThreadContext& context);

}  // namespace catcher
