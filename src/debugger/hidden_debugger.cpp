#include "debugger/hidden_debugger.h"

#include "debugger/remote_exports.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace catcher {
namespace {

// What the function's own `ret` takes off the stack in 32-bit code (stdcall).
struct Check {
  std::string_view name;
  std::uint32_t popped_32;
};

// Both live in kernelbase.dll; what kernel32.dll exports under these names leads there.
constexpr std::string_view kModule = "kernelbase.dll";
constexpr std::array kChecks{Check{"IsDebuggerPresent", 0}, Check{"CheckRemoteDebuggerPresent", 8}};
constexpr std::uint32_t kRemoteCheck = 1;

bool is_kernelbase(std::string_view name) {
  return std::equal(name.begin(), name.end(), kModule.begin(), kModule.end(), [](char a, char lower) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == lower;
  });
}

// BOOL CheckRemoteDebuggerPresent(HANDLE process, PBOOL present): what `present` points at.
std::optional<Address> answer_address(const Process& process, const ThreadContext& context) {
  if (!context.is_wow64_code()) {
    return Address{context.second_argument()};
  }
  constexpr std::uint64_t kSecondArgument = 8;  // behind the return address and the first
  const auto pointer = read_value<std::uint32_t>(process.memory, context.stack_pointer() + kSecondArgument);
  return pointer ? std::optional(Address{*pointer}) : std::nullopt;
}

bool write_false(const Process& process, Address to) {
  constexpr BOOL kFalse = FALSE;
  SIZE_T done = 0;
  return WriteProcessMemory(process.handle, reinterpret_cast<void*>(static_cast<std::uintptr_t>(to.value)), &kFalse,
                            sizeof kFalse, &done) != 0;
}

}  // namespace

void hide_debugger_in(Process& process, const Module& module) {
  if (!is_kernelbase(module.name)) {
    return;
  }
  for (std::uint32_t id = 0; id < kChecks.size(); ++id) {
    if (const auto at = find_export(process.memory, module.base, kChecks[id].name)) {
      process.breakpoints.set(process.memory, *at, BreakpointOwner::kHiddenDebugger, id, module.base);
    }
  }
}

bool answer_for_debugger_check(Process& process, std::uint32_t breakpoint_id, ThreadContext& context) {
  const Check& check = kChecks.at(breakpoint_id);
  std::uint32_t returned = FALSE;
  if (breakpoint_id == kRemoteCheck) {
    const auto present = answer_address(process, context);
    if (!present || present->value == 0 || !write_false(process, *present)) {
      return false;
    }
    returned = TRUE;
  }
  if (!context.emulate_return(process.memory, context.is_wow64_code() ? check.popped_32 : 0)) {
    return false;
  }
  context.set_eax(returned);
  return true;
}

}  // namespace catcher
