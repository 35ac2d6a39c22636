#pragma once

#include "debugger/process_memory.h"
#include "debugger/thread_context.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace catcher {

// Which part of catcher a breakpoint belongs to. What its id means is that part's affair.
enum class BreakpointOwner { kWatchedFunction, kHiddenDebugger, kProbe };

// How a thread gets past a breakpoint.
enum class StepOver {
  kRemove,     // one shot: the original byte comes back. Another thread may slip through meanwhile
  kMovR10Rcx,  // the rest: the breakpoint stays and its instruction is emulated, so that no thread ever slips through.
  kMovEax,     // mov eax, imm32: how a 32-bit system call stub begins
  kReturn      // ret, ret imm16
};

// The instruction that a breakpoint stands on, as far as it can be emulated.
struct SteppedInstruction {
  StepOver how = StepOver::kRemove;
  std::uint32_t operand = 0;  // of kMovEax and kReturn

  friend bool operator==(const SteppedInstruction&, const SteppedInstruction&) = default;
};

// One software breakpoint.
struct Breakpoint {
  BreakpointOwner owner = BreakpointOwner::kWatchedFunction;
  std::uint32_t id = 0;
  Address module;  // base of the image that it is in
  std::byte original{};
  SteppedInstruction instruction;
};

// One of several breakpoints that are set together.
struct PlannedBreakpoint {
  Address at;
  std::uint32_t id = 0;
};

// Which of the instructions that can be emulated stands at an address; kRemove for any other, nothing when it cannot be
// read.
std::optional<SteppedInstruction> stepped_instruction(const MemoryReader& memory, Address at);

// The software breakpoints of one process. Their bytes are hidden from whoever reads the process's memory.
class BreakpointTable {
 public:
  // Sets one; false when the code cannot be read or written. A second one at an address changes nothing: the first
  // owner keeps it, and the answer is true only for that owner and id.
  bool set(ProcessMemory& memory, Address at, BreakpointOwner owner, std::uint32_t id, Address module);

  // Sets many in one image, with one read and one write for all that lie close together: each costs a system call. One
  // that is there already stays, whoever it belongs to. False when the code could not be read or written.
  bool set_all(ProcessMemory& memory, std::span<const PlannedBreakpoint> planned, BreakpointOwner owner,
               Address module);

  // The breakpoint at an address, or null.
  const Breakpoint* find(Address at) const;

  // Moves a thread that has just reached the breakpoint at `at` past it: emulates its instruction, or takes the
  // breakpoint away. Changes `context` only; writing it back is the caller's. `return_to` is where a `ret` leads, when
  // that is known.
  void step_over(ProcessMemory& memory, Address at, ThreadContext& context, std::optional<Address> return_to = {});

  // Takes one away, or all of one owner, or all, and gives the debuggee its bytes back. A thread may have run into one
  // already, with the event still on its way: was_removed() then knows it.
  void remove(ProcessMemory& memory, Address at);
  void remove_all(ProcessMemory& memory, BreakpointOwner owner);
  void remove_those(ProcessMemory& memory, BreakpointOwner owner, bool (*is_meant)(std::uint32_t id));
  void remove_all(ProcessMemory& memory);

  // True when there was a breakpoint at this address and is none any more: a thread that stops there is to be set back
  // to it.
  bool was_removed(Address at) const { return removed_.contains(at); }

  // Forgets those in an image that was unmapped.
  void forget_module(ProcessMemory& memory, Address base);

 private:
  std::map<Address, Breakpoint> breakpoints_;
  std::map<Address, Address> removed_;  // with the base of the image that each was in
};

}  // namespace catcher
