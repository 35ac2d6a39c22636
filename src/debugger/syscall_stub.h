#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace catcher {

// Where the breakpoints go in one of ntdll's 64-bit functions that lead into the system: its first instruction is
// `mov r10, rcx`, and each of these offsets has a `ret` behind a way into the system.
struct SyscallStub {
  static constexpr std::size_t kLongest = 0x20;  // bytes; the stubs lie this close together
  std::array<std::uint8_t, 3> exits{};
  std::size_t exit_count = 0;
};

// Decodes a stub from its first bytes. Nothing when they are anything else: somebody has patched the function, or this
// system makes its stubs in a way that catcher does not know.
std::optional<SyscallStub> decode_syscall_stub(std::span<const std::byte> code);

}  // namespace catcher
