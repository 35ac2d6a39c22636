#pragma once

#include "debugger/process_tree.h"
#include "evidence/image_cache.h"
#include "evidence/memory_map.h"
#include "evidence/registers.h"
#include "evidence/symbolizer.h"
#include "evidence/thread_stack.h"
#include "evidence/unwind.h"
#include "evidence/unwind_x86.h"

#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// One thread of a stopped process, with what was read from it.
struct StoppedThread {
  std::uint32_t tid = 0;
  std::string name;
  Address teb;
  std::optional<Registers> registers;  // nothing: the OS does not give them away
  std::optional<ThreadStack> bounds;
  Stack stack;
};

// The registers of the threads of processes that stand still, process by process: see capture_registers().
std::vector<std::optional<Registers>> registers_of(std::span<Process* const> processes,
                                                   std::chrono::steady_clock::time_point deadline);

// One process that stands still, for whoever wants to look at it: reads each thing once, in the order in which it is
// asked for. The process must not run on while this lives.
class StoppedProcess {
 public:
  using Clock = std::chrono::steady_clock;

  // `process` and `symbols` must outlive it.
  // `known` are modules that were described in other processes, `common` the images of these: see ImageCache.
  StoppedProcess(Process& process, SymbolCache& symbols, const std::vector<Module>& known = {},
                 CommonImages* common = nullptr);
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;

  // One thread with its whole stack, named.
  StoppedThread thread(const Thread& thread);

  // Every thread of its own, `first` first; those that `deadline` left no time for have no stack, and their stack says
  // so.
  std::vector<StoppedThread> threads(std::uint32_t first, Clock::time_point deadline);
  // The same with registers that registers_of() has read before.
  std::vector<StoppedThread> threads(std::uint32_t first, Clock::time_point deadline,
                                     std::span<const std::optional<Registers>> registers);
  // So many of these are of its threads.
  std::size_t thread_count() const { return process_.threads.size(); }

  // The modules, with the symbols that the stacks so far have asked for.
  std::vector<ModuleRecord> modules() { return symbolizer_.module_records(); }

  Process& process() noexcept { return process_; }
  bool is_64_bit() const noexcept { return process_.state.bits == 64; }
  const MemoryMap& map() const noexcept { return map_; }

 private:
  std::optional<Registers> registers_soon(const Thread& thread) const;
  StoppedThread look_at(const Thread& thread, std::optional<Registers> registers) const;
  StoppedThread named(const Thread& thread, std::optional<Registers> registers);
  Stack named_stack(const StoppedThread& thread);
  UnwoundStack walk(const StoppedThread& thread);

  Process& process_;
  ProcessMemoryMap map_;
  ImageCache images_;
  Symbolizer symbolizer_;
  UnwinderX86 unwinder_x86_;  // for a 32-bit process
};

}  // namespace catcher
