#pragma once

#include "debugger/event.h"
#include "debugger/process_tree.h"

#include <windows.h>

#include <cstdint>
#include <string>

namespace catcher {

// What the structures of a debug event say, in our words.

Address to_address(const void* pointer) noexcept;

Thread new_thread(std::uint32_t tid, HANDLE handle, const void* teb);

// All but what is to be done about it.
ExceptionRaised exception_of(const EXCEPTION_DEBUG_INFO& info);

// The file's name without its directory: one system call, where the full path needs several. Empty for no handle.
std::string file_name_behind(HANDLE file);

// True for a thread of the OS's making: DebugActiveProcess starts one in the debuggee, which runs into a breakpoint at
// the address that this function has in our own ntdll.
bool is_break_in(LPTHREAD_START_ROUTINE start);

}  // namespace catcher
