#include "debugger/thread_context.h"

namespace catcher {

std::optional<ThreadContext> ThreadContext::read(HANDLE thread, bool wow64_code) {
  ThreadContext context(wow64_code);
  context.native_.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
  context.wow64_.ContextFlags = WOW64_CONTEXT_CONTROL | WOW64_CONTEXT_INTEGER;
  const bool ok = wow64_code ? Wow64GetThreadContext(thread, &context.wow64_) != 0
                             : GetThreadContext(thread, &context.native_) != 0;
  return ok ? std::optional(context) : std::nullopt;
}

Address ThreadContext::instruction_pointer() const noexcept {
  return {wow64_code_ ? wow64_.Eip : native_.Rip};
}

Address ThreadContext::stack_pointer() const noexcept {
  return {wow64_code_ ? wow64_.Esp : native_.Rsp};
}

void ThreadContext::set_instruction_pointer(Address address) noexcept {
  if (wow64_code_) {
    wow64_.Eip = static_cast<DWORD>(address.value);
  } else {
    native_.Rip = address.value;
  }
}

std::uint64_t ThreadContext::first_argument() const noexcept {
  return wow64_code_ ? 0 : native_.Rcx;
}

std::uint64_t ThreadContext::second_argument() const noexcept {
  return wow64_code_ ? 0 : native_.Rdx;
}

std::uint64_t ThreadContext::third_argument() const noexcept {
  return wow64_code_ ? 0 : native_.R8;
}

std::uint64_t ThreadContext::fourth_argument() const noexcept {
  return wow64_code_ ? 0 : native_.R9;
}

std::array<std::uint64_t, 16> ThreadContext::general_registers() const noexcept {
  return {native_.Rax, native_.Rcx, native_.Rdx, native_.Rbx, native_.Rsp, native_.Rbp, native_.Rsi, native_.Rdi,
          native_.R8,  native_.R9,  native_.R10, native_.R11, native_.R12, native_.R13, native_.R14, native_.R15};
}

void ThreadContext::copy_rcx_to_r10() noexcept {
  native_.R10 = native_.Rcx;
}

void ThreadContext::set_eax(std::uint32_t value) noexcept {
  if (wow64_code_) {
    wow64_.Eax = value;
  } else {
    native_.Rax = value;  // a 32-bit move clears the upper half
  }
}

bool ThreadContext::emulate_return(const MemoryReader& memory, std::uint32_t popped) noexcept {
  if (wow64_code_) {
    const auto to = read_value<std::uint32_t>(memory, Address{wow64_.Esp});
    if (to) {
      return_to(Address{*to}, popped);
    }
    return to.has_value();
  }
  const auto to = read_value<std::uint64_t>(memory, Address{native_.Rsp});
  if (to) {
    return_to(Address{*to}, popped);
  }
  return to.has_value();
}

void ThreadContext::return_to(Address address, std::uint32_t popped) noexcept {
  set_instruction_pointer(address);
  if (wow64_code_) {
    wow64_.Esp += static_cast<DWORD>(sizeof(std::uint32_t)) + popped;
  } else {
    native_.Rsp += sizeof(std::uint64_t) + popped;
  }
}

bool ThreadContext::write(HANDLE thread) const noexcept {
  return wow64_code_ ? Wow64SetThreadContext(thread, &wow64_) != 0 : SetThreadContext(thread, &native_) != 0;
}

}  // namespace catcher
