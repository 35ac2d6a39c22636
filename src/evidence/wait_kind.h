#pragma once

#include <catcher/run_report.h>

#include <string_view>

#include "debugger/memory_reader.h"
#include "evidence/registers.h"

namespace catcher {

// What a thread waits for, as the names on its stack tell.
enum class WaitKind {
  kNone,  // no function that waits is on the stack
  kCriticalSection,
  kSrwLock,
  kConditionVariable,
  kDialog,
  kMessage,
  kSleep,
  kWork,  // an idle thread of a pool
  kIo,
  kObject,
  kAddress,
  kSystemCall  // in a system call of which nothing else is known
};

// The most telling wait among the innermost frames: a lock is more than the event that it is made of.
WaitKind wait_kind(const Stack& stack);

// True when the thread loads, initialises or unloads a DLL: the loader runs DllMain below it.
bool is_in_loader(const Stack& stack);

// In words: "waits for a critical section".
std::string_view describe(WaitKind kind);

// True when the instruction pointer stands behind a system call instruction: the thread is in the kernel, and almost
// always waits there.
bool is_in_system_call(const MemoryReader& memory, const Registers& registers);

}  // namespace catcher
