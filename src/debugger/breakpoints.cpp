#include "debugger/breakpoints.h"

#include <algorithm>
#include <array>

namespace catcher {
namespace {

constexpr std::byte kInt3{0xCC};

// mov r10, rcx: how every system call stub of 64-bit ntdll begins.
constexpr std::array kSyscallStubBegin{std::byte{0x4C}, std::byte{0x8B}, std::byte{0xD1}};

// NtTerminateProcess is the one door through which a process ends itself or another: exit() comes here with a null
// handle, then with -1.
constexpr std::array kWatched{
    WatchedFunction{"ntdll.dll", "NtTerminateProcess", WatchPurpose::kTerminateProcess},
    WatchedFunction{"msvcrt.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"msvcrt.dll", "_assert", WatchPurpose::kAssert},
    WatchedFunction{"msvcrt.dll", "_wassert", WatchPurpose::kWideAssert},
    WatchedFunction{"ucrtbase.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"ucrtbase.dll", "_wassert", WatchPurpose::kWideAssert},
    WatchedFunction{"ucrtbased.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"ucrtbased.dll", "_wassert", WatchPurpose::kWideAssert},
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) { return to_lower(x) == y; });
}

}  // namespace

bool BreakpointTable::set(ProcessMemory& memory, Address at, WatchPurpose purpose) {
  if (find(at) != nullptr) {
    return true;
  }
  std::array<std::byte, kSyscallStubBegin.size()> code{};
  if (memory.read(at, code) != code.size() || !memory.write_code(at, kInt3)) {
    return false;
  }
  memory.mask(at, code.front());
  const StepOver step_over = code == kSyscallStubBegin ? StepOver::kEmulate : StepOver::kRemove;
  breakpoints_.emplace(at, Breakpoint{purpose, code.front(), step_over});
  return true;
}

const Breakpoint* BreakpointTable::find(Address at) const {
  const auto found = breakpoints_.find(at);
  return found == breakpoints_.end() ? nullptr : &found->second;
}

void BreakpointTable::remove(ProcessMemory& memory, Address at) {
  const auto found = breakpoints_.find(at);
  if (found != breakpoints_.end()) {
    memory.write_code(at, found->second.original);
    memory.reveal(at);
    breakpoints_.erase(found);
  }
}

void BreakpointTable::forget(ProcessMemory& memory, Address begin, Address end) {
  for (auto it = breakpoints_.lower_bound(begin); it != breakpoints_.end() && it->first < end;) {
    memory.reveal(it->first);
    it = breakpoints_.erase(it);
  }
}

std::vector<WatchedFunction> watched_functions(std::string_view module_name) {
  std::vector<WatchedFunction> result;
  std::copy_if(kWatched.begin(), kWatched.end(), std::back_inserter(result),
               [module_name](const WatchedFunction& w) { return equal_ignoring_case(module_name, w.module); });
  return result;
}

}  // namespace catcher
