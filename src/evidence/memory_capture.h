#pragma once

#include <catcher/memory_report.h>

#include "debugger/process_tree.h"

namespace catcher {

// Looks at the address space, the heaps and the stacks of a living process, from outside: no thread is started in it
// and no byte is changed. What it is named after and when it was is the caller's to fill in.
MemorySnapshot capture_memory(Process& process);

}  // namespace catcher
