#include "debugger/breakpoints.h"

#include <array>
#include <cstring>
#include <vector>

namespace catcher {
namespace {

constexpr std::byte kInt3{0xCC};

}  // namespace

std::optional<SteppedInstruction> stepped_instruction(const MemoryReader& memory, Address at) {
  constexpr std::size_t kLongest = 5;
  std::array<std::byte, kLongest> code{};
  const std::size_t got = memory.read(at, code);
  if (got == 0) {
    return std::nullopt;
  }
  const auto byte = [&code](std::size_t i) { return std::to_integer<std::uint32_t>(code[i]); };
  if (byte(0) == 0xC3) {
    return SteppedInstruction{StepOver::kReturn, 0};
  }
  if (byte(0) == 0xC2 && got >= 3) {
    return SteppedInstruction{StepOver::kReturn, byte(1) | byte(2) << 8};
  }
  if (byte(0) == 0x4C && byte(1) == 0x8B && byte(2) == 0xD1 && got >= 3) {
    return SteppedInstruction{StepOver::kMovR10Rcx, 0};
  }
  if (byte(0) == 0xB8 && got >= kLongest) {
    return SteppedInstruction{StepOver::kMovEax, byte(1) | byte(2) << 8 | byte(3) << 16 | byte(4) << 24};
  }
  return SteppedInstruction{};
}

bool BreakpointTable::set(ProcessMemory& memory, Address at, BreakpointOwner owner, std::uint32_t id, Address module) {
  if (const Breakpoint* there = find(at)) {
    return there->owner == owner && there->id == id;
  }
  std::array<std::byte, 1> original{};
  const auto instruction = stepped_instruction(memory, at);
  // An int3 of the debuggee's own could not be told from ours, once it is stepped over.
  if (!instruction || memory.read(at, original) != original.size() || original.front() == kInt3 ||
      !memory.write_code(at, kInt3)) {
    return false;
  }
  memory.mask(at, original.front());
  removed_.erase(at);
  breakpoints_.emplace(at, Breakpoint{owner, id, module, original.front(), *instruction});
  return true;
}

const Breakpoint* BreakpointTable::find(Address at) const {
  const auto found = breakpoints_.find(at);
  return found == breakpoints_.end() ? nullptr : &found->second;
}

void BreakpointTable::step_over(ProcessMemory& memory, Address at, ThreadContext& context) {
  const Breakpoint* breakpoint = find(at);
  if (breakpoint == nullptr) {
    return;
  }
  constexpr std::uint64_t kMovR10RcxSize = 3;
  constexpr std::uint64_t kMovEaxSize = 5;
  switch (breakpoint->instruction.how) {
    case StepOver::kMovR10Rcx:
      context.copy_rcx_to_r10();
      context.set_instruction_pointer(at + kMovR10RcxSize);
      return;
    case StepOver::kMovEax:
      context.set_eax(breakpoint->instruction.operand);
      context.set_instruction_pointer(at + kMovEaxSize);
      return;
    case StepOver::kReturn:
      if (context.emulate_return(memory, breakpoint->instruction.operand)) {
        return;
      }
      break;  // its stack cannot be read: it will fault at the real instruction
    case StepOver::kRemove:
      break;
  }
  remove(memory, at);
  context.set_instruction_pointer(at);
}

void BreakpointTable::remove(ProcessMemory& memory, Address at) {
  const auto found = breakpoints_.find(at);
  if (found != breakpoints_.end()) {
    memory.write_code(at, found->second.original);
    memory.reveal(at);
    breakpoints_.erase(found);
    removed_.insert(at);
  }
}

void BreakpointTable::remove_all(ProcessMemory& memory, BreakpointOwner owner) {
  std::vector<Address> places;
  for (const auto& [at, breakpoint] : breakpoints_) {
    if (breakpoint.owner == owner) {
      places.push_back(at);
    }
  }
  for (const Address at : places) {
    remove(memory, at);
  }
}

void BreakpointTable::remove_all(ProcessMemory& memory) {
  while (!breakpoints_.empty()) {
    remove(memory, breakpoints_.begin()->first);
  }
}

void BreakpointTable::forget_module(ProcessMemory& memory, Address base) {
  removed_.clear();  // whatever is at such an address next has breakpoints of its own
  for (auto it = breakpoints_.begin(); it != breakpoints_.end();) {
    if (it->second.module == base) {
      memory.reveal(it->first);
      it = breakpoints_.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace catcher
