#include "debugger/breakpoints.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace catcher {
namespace {

constexpr std::byte kInt3{0xCC};

// The longest instruction that is emulated.
constexpr std::size_t kLongestStepped = 5;

// What lies this close together is read and written in one go: the bytes between cost less than a system call.
constexpr std::uint64_t kClose = 4096;

SteppedInstruction stepped(std::span<const std::byte> bytes) {
  std::array<std::byte, kLongestStepped> code{};
  const std::size_t got = std::min(code.size(), bytes.size());
  std::copy_n(bytes.begin(), got, code.begin());
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
  if (byte(0) == 0xB8 && got >= kLongestStepped) {
    return SteppedInstruction{StepOver::kMovEax, byte(1) | byte(2) << 8 | byte(3) << 16 | byte(4) << 24};
  }
  return SteppedInstruction{};
}

}  // namespace

std::optional<SteppedInstruction> stepped_instruction(const MemoryReader& memory, Address at) {
  std::array<std::byte, kLongestStepped> code{};
  const std::size_t got = memory.read(at, code);
  return got == 0 ? std::nullopt : std::optional(stepped(std::span(code).first(got)));
}

bool BreakpointTable::claim(Breakpoint& breakpoint, const BreakpointClaim& wanted) {
  auto& claims = breakpoint.claims;
  if (std::find(claims.begin(), claims.end(), wanted) != claims.end()) {
    return true;
  }
  const bool can_share = is_probe(wanted.owner) && is_probe(claims.front().owner);
  if (can_share) {
    claims.push_back(wanted);
  }
  return can_share;
}

bool BreakpointTable::set(ProcessMemory& memory, Address at, BreakpointOwner owner, std::uint32_t id, Address module) {
  if (const auto there = breakpoints_.find(at); there != breakpoints_.end()) {
    return claim(there->second, {owner, id});
  }
  std::array<std::byte, kLongestStepped> code{};
  const std::size_t got = memory.read(at, code);
  // An int3 of the debuggee's own could not be told from ours, once it is stepped over.
  if (got == 0 || code.front() == kInt3 || !memory.write_code(at, kInt3)) {
    return false;
  }
  memory.mask(at, code.front());
  removed_.erase(at);
  breakpoints_.emplace(at, Breakpoint{{{owner, id}}, module, code.front(), stepped(std::span(code).first(got))});
  return true;
}

bool BreakpointTable::set_all(ProcessMemory& memory, std::span<const PlannedBreakpoint> planned, BreakpointOwner owner,
                              Address module) {
  if (planned.empty()) {
    return true;
  }
  const auto is_before = [](const PlannedBreakpoint& a, const PlannedBreakpoint& b) { return a.at < b.at; };
  std::vector<PlannedBreakpoint> sorted(planned.begin(), planned.end());
  std::sort(sorted.begin(), sorted.end(), is_before);
  const auto gap =
      std::adjacent_find(sorted.begin(), sorted.end(),
                         [](const PlannedBreakpoint& a, const PlannedBreakpoint& b) { return b.at - a.at > kClose; });
  if (gap != sorted.end()) {
    const std::span all(sorted);
    const auto first = static_cast<std::size_t>(gap - sorted.begin()) + 1;
    const bool are_set = set_all(memory, all.first(first), owner, module);
    return set_all(memory, all.subspan(first), owner, module) && are_set;
  }
  const Address low = sorted.front().at;
  const std::uint64_t extent = sorted.back().at - low;
  std::vector<std::byte> code(extent + kLongestStepped);
  code.resize(memory.read(low, code));
  if (code.size() <= extent) {
    return false;
  }
  std::vector<std::byte> patched = code;
  for (const auto& [at, breakpoint] : breakpoints_) {  // reading hid them, writing must not
    if (at >= low && at - low < patched.size()) {
      patched[at - low] = kInt3;
    }
  }
  std::vector<PlannedBreakpoint> fresh;
  for (const PlannedBreakpoint& one : planned) {
    if (patched[one.at - low] != kInt3) {
      patched[one.at - low] = kInt3;
      fresh.push_back(one);
    }
  }
  if (!fresh.empty() && !memory.write_code(low, patched)) {
    return false;
  }
  for (const PlannedBreakpoint& one : planned) {
    if (const auto there = breakpoints_.find(one.at); there != breakpoints_.end()) {
      claim(there->second, {owner, one.id});
    }
  }
  for (const PlannedBreakpoint& one : fresh) {
    const auto here = std::span<const std::byte>(code).subspan(one.at - low);
    memory.mask(one.at, here.front());
    removed_.erase(one.at);
    breakpoints_.emplace(one.at, Breakpoint{{{owner, one.id}}, module, here.front(), stepped(here)});
  }
  return true;
}

const Breakpoint* BreakpointTable::find(Address at) const {
  const auto found = breakpoints_.find(at);
  return found == breakpoints_.end() ? nullptr : &found->second;
}

void BreakpointTable::step_over(ProcessMemory& memory, Address at, ThreadContext& context,
                                std::optional<Address> return_to) {
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
      if (return_to) {
        context.return_to(*return_to, breakpoint->instruction.operand);
        return;
      }
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
    removed_.insert_or_assign(at, found->second.module);
    breakpoints_.erase(found);
  }
}

void BreakpointTable::remove_all(ProcessMemory& memory, BreakpointOwner owner) {
  remove_those(memory, owner, [](std::uint32_t) { return true; });
}

void BreakpointTable::remove_those(ProcessMemory& memory, BreakpointOwner owner, bool (*is_meant)(std::uint32_t id)) {
  std::vector<Address> places;
  for (auto& [at, breakpoint] : breakpoints_) {
    std::erase_if(breakpoint.claims,
                  [&](const BreakpointClaim& claim) { return claim.owner == owner && is_meant(claim.id); });
    if (breakpoint.claims.empty()) {
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
  // Whatever is at such an address next has breakpoints of its own; those in other images may still be hit.
  std::erase_if(removed_, [base](const auto& removed) { return removed.second == base; });
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
