#pragma once

#include "debugger/process_memory.h"
#include "debugger/thread_context.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace catcher {

// Which part of catcher a breakpoint belongs to. What its id means is that part's affair. The last ones are probes:
// what one of them has, the others may have too.
enum class BreakpointOwner { kWatchedFunction, kHiddenDebugger, kHandles, kMemory };

constexpr bool is_probe(BreakpointOwner owner) {
  return owner >= BreakpointOwner::kHandles;
}

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

// Somebody's interest in a breakpoint.
struct BreakpointClaim {
  BreakpointOwner owner = BreakpointOwner::kWatchedFunction;
  std::uint32_t id = 0;

  friend bool operator==(const BreakpointClaim&, const BreakpointClaim&) = default;
};

// One software breakpoint.
struct Breakpoint {
  std::vector<BreakpointClaim> claims;  // never empty; more than one only where all are probes'
  Address module;                       // base of the image that it is in
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
  // Sets one; false when the code cannot be read or written. What stands there already stays: a probe shares it with
  // another probe, anybody else is refused.
  bool set(ProcessMemory& memory, Address at, BreakpointOwner owner, std::uint32_t id, Address module);

  // Sets many in one image, with one read and one write for all that lie close together: each costs a system call.
  // Where one is already, set() says what happens. False when the code could not be read or written.
  bool set_all(ProcessMemory& memory, std::span<const PlannedBreakpoint> planned, BreakpointOwner owner,
               Address module);

  // The breakpoint at an address, or null.
  const Breakpoint* find(Address at) const;

  // Moves a thread that has just reached the breakpoint at `at` past it: emulates its instruction, or takes the
  // breakpoint away. Changes `context` only; writing it back is the caller's. `return_to` is where a `ret` leads, when
  // that is known.
  void step_over(ProcessMemory& memory, Address at, ThreadContext& context, std::optional<Address> return_to = {});

  // Takes one away, or those of one owner that nobody shares, or all, and gives the debuggee its bytes back. A thread
  // may have run into one already, with the event still on its way: was_removed() then knows it.
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
  static bool claim(Breakpoint& breakpoint, const BreakpointClaim& wanted);

  std::map<Address, Breakpoint> breakpoints_;
  std::map<Address, Address> removed_;  // with the base of the image that each was in
};

}  // namespace catcher
