#pragma once

#include "debugger/process_memory.h"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace catcher {

// Why catcher stops a debuggee at a function.
enum class WatchPurpose { kTerminateProcess, kAbort, kAssert, kWideAssert };

// A function that catcher watches in every process that has its module.
struct WatchedFunction {
  std::string_view module;  // file name, lower case
  std::string_view name;    // exported name
  WatchPurpose purpose;
};

// How a thread gets past a breakpoint.
enum class StepOver {
  kEmulate,  // the breakpoint stays and its first instruction is emulated: no moment in which another thread could slip
             // through
  kRemove    // one shot: the original byte comes back
};

// One software breakpoint.
struct Breakpoint {
  WatchPurpose purpose = WatchPurpose::kAbort;
  std::byte original{};
  StepOver step_over = StepOver::kRemove;
};

// The breakpoints of one process.
class BreakpointTable {
 public:
  // Sets one; false when the code cannot be read or written. Setting one twice at an address changes nothing.
  bool set(ProcessMemory& memory, Address at, WatchPurpose purpose);

  // The breakpoint at an address, or null.
  const Breakpoint* find(Address at) const;

  // Takes one away and gives the debuggee its byte back.
  void remove(ProcessMemory& memory, Address at);

  // Forgets those in an image that was unmapped.
  void forget(ProcessMemory& memory, Address begin, Address end);

 private:
  std::map<Address, Breakpoint> breakpoints_;
};

// The functions of a module that are watched; `module_name` in any case.
std::vector<WatchedFunction> watched_functions(std::string_view module_name);

}  // namespace catcher
