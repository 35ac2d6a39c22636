// Ends of the stack: deaths for which there may be no second chance.

#include "behavior.h"
#include "machine_code.h"
#include "no_inline.h"

#include <windows.h>

#include <array>
#include <cstddef>

namespace crash_test {
namespace {

volatile int never = 0;

// Which byte of a frame is used is not known before, so that no compiler makes the frame smaller.
std::size_t somewhere(int depth) {
  return static_cast<unsigned>(depth) % 8192U;
}

// Frames of more than a page: the compiler probes each page of them before use.
CRASH_TEST_NO_INLINE int recurse_with_big_frames(int depth) {
  volatile char frame[8192];
  frame[somewhere(depth)] = static_cast<char>(depth);
  return never != 0 ? frame[0] : recurse_with_big_frames(depth + 1) + frame[somewhere(depth)];
}

// Frames that need no probe: the fault comes from an ordinary push or call.
CRASH_TEST_NO_INLINE int recurse_with_small_frames(int depth) {
  volatile int frame = depth;
  if (never != 0) {
    return frame;
  }
  const int deeper = recurse_with_small_frames(depth + 1);
  return deeper + frame;
}

// Two functions in turn: a period of two in the stack. Not quite the same, or a compiler may make one of them.
CRASH_TEST_NO_INLINE int recurse_pong(int depth);

CRASH_TEST_NO_INLINE int recurse_ping(int depth) {
  volatile char frame[8192];
  frame[somewhere(depth)] = static_cast<char>(depth);
  return never != 0 ? frame[0] : recurse_pong(depth + 1) + frame[somewhere(depth)];
}

CRASH_TEST_NO_INLINE int recurse_pong(int depth) {
  volatile char frame[8192];
  frame[somewhere(depth)] = static_cast<char>(depth);
  return never != 0 ? frame[0] : recurse_ping(depth + 2) + frame[somewhere(depth)];
}

CRASH_TEST_NO_INLINE int nest(std::uint32_t depth, std::span<wchar_t* const> words) {
  volatile int frame = 1;
  if (depth == 0) {
    run_words(words);
    return never;
  }
  const int deeper = nest(depth - 1, words);
  return deeper + frame;
}

void nested(const Call& call) {
  never = nest(call.number, call.rest);
  ExitProcess(0);  // what is still to be done has been done
}

void stack_overflow(const Call&) {
  never = recurse_with_big_frames(0);
}

void stack_overflow_small_frames(const Call&) {
  never = recurse_with_small_frames(0);
}

void stack_overflow_ping_pong(const Call&) {
  never = recurse_ping(0);
}

CRASH_TEST_NO_INLINE void smashed_stack(const Call&) {
#if defined(_MSC_VER) && !defined(__clang__)
#if CRASH_TEST_X64
  run_machine_code(
      std::array<unsigned char, 8>{0x48, 0xC7, 0xC4, 0x10, 0x00, 0x00, 0x00, 0x50});  // mov rsp, 16; push rax
#else
  run_machine_code(std::array<unsigned char, 6>{0xBC, 0x10, 0x00, 0x00, 0x00, 0x50});  // mov esp, 16; push eax
#endif
#elif CRASH_TEST_X64
  __asm__ volatile("mov $16, %rsp\n\tpush %rax");
#else
  __asm__ volatile("mov $16, %esp\n\tpush %eax");
#endif
}

// What overrunning a local array leaves behind: a return address that leads nowhere.
CRASH_TEST_NO_INLINE void smashed_return_address(const Call&) {
#if defined(_MSC_VER) && !defined(__clang__)
#if CRASH_TEST_X64
  run_machine_code(std::array<unsigned char, 9>{0x48, 0xC7, 0x04, 0x24, 0x41, 0x41, 0x41, 0x41, 0xC3});
#else
  run_machine_code(std::array<unsigned char, 8>{0xC7, 0x04, 0x24, 0x41, 0x41, 0x41, 0x41, 0xC3});
#endif
#elif CRASH_TEST_X64
  __asm__ volatile("movq $0x41414141, (%rsp)\n\tret");
#else
  __asm__ volatile("movl $0x41414141, (%esp)\n\tret");
#endif
}

constexpr std::array kTable{
    Behavior{L"STACK_OVERFLOW", Takes::kNothing, Origin::kReal, "endless recursion, frames of 8 KiB", stack_overflow},
    Behavior{L"STACK_OVERFLOW_SMALL_FRAMES", Takes::kNothing, Origin::kReal,
             "endless recursion, frames too small for a stack probe", stack_overflow_small_frames},
    Behavior{L"STACK_OVERFLOW_PING_PONG", Takes::kNothing, Origin::kReal, "endless recursion of two functions in turn",
             stack_overflow_ping_pong},
    Behavior{L"NEST", Takes::kNumber, Origin::kNoFault, "does the rest at the bottom of N nested calls", nested},
    Behavior{L"SMASHED_STACK", Takes::kNothing, Origin::kReal, "pushes with a stack pointer that leads nowhere",
             smashed_stack},
    Behavior{L"SMASHED_RETURN_ADDRESS", Takes::kNothing, Origin::kReal, "returns to 0x41414141",
             smashed_return_address},
};

}  // namespace

std::span<const Behavior> stack_behaviors() {
  return kTable;
}

}  // namespace crash_test
