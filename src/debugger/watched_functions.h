#pragma once

#include "debugger/event.h"
#include "debugger/process_tree.h"
#include "debugger/thread_context.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace catcher {

// A function that catcher watches in every process that has its module.
struct WatchedFunction {
  std::string_view module;  // file name, lower case
  std::string_view name;    // exported name
  WatchPurpose purpose;
};

// Where one of them is in the module that has it.
struct WatchedPlace {
  std::uint64_t offset = 0;  // from the module's base
  WatchPurpose purpose = WatchPurpose::kTerminateProcess;
};

// The functions of a module that are watched; `module_name` in any case.
std::vector<WatchedFunction> watched_functions(std::string_view module_name);

// True when this module's functions are ntdll's.
bool is_ntdll(std::string_view module_name);

// Where the watched functions of a loaded module are; nothing where it cannot be read.
std::optional<std::vector<WatchedPlace>> find_watched(const Process& process, const Module& module);

// Sets the breakpoints on them, in a module that was just loaded.
void watch_module(Process& process, const Module& module, const std::vector<WatchedPlace>& places);

// What a thread wants of the watched function that it has just entered. `context` is its own, at the first instruction.
WatchedFunctionReached reached_function(const Process& process, WatchPurpose purpose, Address at,
                                        const ThreadContext& context, bool wow64_code);

// True when the process takes itself out of our hands: a debugger in the tree lets others go by the same function.
bool leaves_debugger(const Process& process, const WatchedFunctionReached& reached);

// Remembers who asked for the end of which process of the tree.
void note_exit_request(ProcessTree& tree, Process& process, const WatchedFunctionReached& reached);

}  // namespace catcher
