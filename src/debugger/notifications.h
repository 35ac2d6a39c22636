#pragma once

#include "debugger/event.h"
#include "debugger/process_tree.h"

#include <cstdint>

namespace catcher {

// What debuggees tell their debugger by way of exceptions and debug strings, before anybody judges these.

// The exception by which a thread gives itself or another a name ("How to: Set a Thread Name in Native Code", Microsoft
// Learn). Notes the name; any other exception changes nothing.
void note_thread_name(Process& process, const ExceptionRaised& raised, std::uint32_t tid);

// True for the text that ntdll prints ahead of the breakpoint of a heap corruption report.
bool announces_critical_error(const MemoryReader& memory, const DebugString& text);

}  // namespace catcher
