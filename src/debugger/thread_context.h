#pragma once

#include "debugger/memory_reader.h"

#include <catcher/address.h>

#include <windows.h>

#include <array>
#include <cstdint>
#include <optional>

namespace catcher {

// The integer and control registers of a thread that stands still, with the few changes that stepping over a breakpoint
// needs. For a thread in 32-bit code under WOW64 the 32-bit ones.
class ThreadContext {
 public:
  // Nothing when the OS does not give it away (the thread is ending). `thread` stays the caller's.
  static std::optional<ThreadContext> read(HANDLE thread, bool wow64_code);

  bool is_wow64_code() const noexcept { return wow64_code_; }
  Address instruction_pointer() const noexcept;
  Address stack_pointer() const noexcept;
  void set_instruction_pointer(Address address) noexcept;

  // The first three integer arguments of a function that was just entered, in the x64 calling convention; zero in
  // 32-bit code.
  std::uint64_t first_argument() const noexcept;
  std::uint64_t second_argument() const noexcept;
  std::uint64_t third_argument() const noexcept;

  std::uint64_t fourth_argument() const noexcept;

  // rax; what a 64-bit function gives back, when it is at its end.
  std::uint64_t result() const noexcept { return native_.Rax; }

  // The sixteen of 64-bit code, in the processor's encoding order: rax, rcx, rdx, rbx, rsp, …
  std::array<std::uint64_t, 16> general_registers() const noexcept;

  // ebp of 32-bit code.
  std::uint32_t frame_pointer_32() const noexcept { return wow64_.Ebp; }

  // What `mov r10, rcx`, `mov eax, value` and `ret popped` do. The last is false, and nothing changed, where the stack
  // cannot be read.
  void copy_rcx_to_r10() noexcept;
  void set_eax(std::uint32_t value) noexcept;
  bool emulate_return(const MemoryReader& memory, std::uint32_t popped) noexcept;
  // The same when what stands on the stack is known.
  void return_to(Address address, std::uint32_t popped) noexcept;

  // False when the OS refuses.
  bool write(HANDLE thread) const noexcept;

 private:
  explicit ThreadContext(bool wow64_code) : wow64_code_(wow64_code) {}

  bool wow64_code_;
  CONTEXT native_{};
  WOW64_CONTEXT wow64_{};
};

}  // namespace catcher
