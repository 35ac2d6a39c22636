// Faults and traps of single instructions, and the exceptions that stand for them.

#include "bare_stack.h"
#include "behavior.h"
#include "machine_code.h"
#include "no_inline.h"

#include <windows.h>

#include <array>

namespace crash_test {
namespace {

volatile int zero = 0;
volatile int result = 0;

CRASH_TEST_NO_INLINE void exceed_bounds() {
#if CRASH_TEST_X64
  // 64-bit code has no BOUND instruction, and interrupt 5 is not a user's to raise.
  RaiseException(static_cast<DWORD>(EXCEPTION_ARRAY_BOUNDS_EXCEEDED), 0, 0, nullptr);
#elif defined(_MSC_VER) && !defined(__clang__)
  static const int limits[2] = {0, 3};
  __asm {
    mov eax, 4
    bound eax, limits
  }
#else
  static const int limits[2] = {0, 3};
  __asm__ volatile("bound %0, %1" : : "r"(4), "m"(limits));
#endif
}

void array_bounds(const Call&) {
  BareStack::call(exceed_bounds);
}

CRASH_TEST_NO_INLINE void breakpoint(const Call&) {
#if defined(_MSC_VER)
  __debugbreak();
#else
  __asm__ volatile("int3");
#endif
}

CRASH_TEST_NO_INLINE void illegal_instruction(const Call&) {
#if defined(_MSC_VER)
  __ud2();
#else
  __asm__ volatile("ud2");
#endif
}

CRASH_TEST_NO_INLINE void privileged_instruction(const Call&) {
#if defined(_MSC_VER)
  __halt();
#else
  __asm__ volatile("hlt");
#endif
}

CRASH_TEST_NO_INLINE void divide_by_zero(const Call&) {
  const int dividend = result + 1;
  result = dividend / zero;
}

CRASH_TEST_NO_INLINE void interrupt_4() {
  // INT 4 is what INTO was; INT_MIN / -1 is the same fault of the processor as a division by zero, and some systems
  // call it that.
#if defined(_MSC_VER) && !defined(__clang__)
  run_machine_code(std::array<unsigned char, 3>{0xCD, 0x04, 0xC3});
#else
  __asm__ volatile("int $4");
#endif
}

void integer_overflow(const Call&) {
  BareStack::call(interrupt_4);
}

CRASH_TEST_NO_INLINE void single_step(const Call&) {
  constexpr unsigned kTrap = 1U << 8;  // EFLAGS.TF: the processor traps after the next instruction
#if defined(_MSC_VER) && !defined(__clang__)
  __writeeflags(__readeflags() | kTrap);
  __nop();
#elif CRASH_TEST_X64
  __asm__ volatile("sub $128, %%rsp\n\tpushfq\n\torl %0, (%%rsp)\n\tpopfq\n\tnop\n\tadd $128, %%rsp"
                   :
                   : "i"(kTrap)
                   : "cc", "memory");
#else
  __asm__ volatile("pushfl\n\torl %0, (%%esp)\n\tpopfl\n\tnop" : : "i"(kTrap) : "cc", "memory");
#endif
}

CRASH_TEST_NO_INLINE void invalid_handle(const Call&) {
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  CloseHandle(event);
  // Closed twice: under a debugger the system raises EXCEPTION_INVALID_HANDLE here, else the call just fails.
  CloseHandle(event);
}

constexpr DWORD kInsisted = 0xE0C0FFEE;

#if defined(_MSC_VER)

CRASH_TEST_NO_INLINE void noncontinuable(const Call&) {
  __try {
    RaiseException(kInsisted, EXCEPTION_NONCONTINUABLE, 0, nullptr);
  } __except (GetExceptionCode() == kInsisted ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH) {
  }
}

#elif CRASH_TEST_X64

// A frame's handler that wants to go on where that is forbidden; the system answers with the exception this is about.
extern "C" EXCEPTION_DISPOSITION crash_test_insist(EXCEPTION_RECORD* record, void*, CONTEXT*, void*) {
  return record->ExceptionCode == kInsisted ? ExceptionContinueExecution : ExceptionContinueSearch;
}

CRASH_TEST_NO_INLINE void noncontinuable(const Call&) {
  __asm__ volatile(".seh_handler crash_test_insist, @except");
  RaiseException(kInsisted, EXCEPTION_NONCONTINUABLE, 0, nullptr);
  __asm__ volatile("nop");  // a call followed by an epilogue counts as being out of the frame already
}

#else

CRASH_TEST_NO_INLINE void noncontinuable(const Call&) {
  RaiseException(static_cast<DWORD>(EXCEPTION_NONCONTINUABLE_EXCEPTION), EXCEPTION_NONCONTINUABLE, 0, nullptr);
}

#endif

CRASH_TEST_NO_INLINE void invalid_disposition(const Call&) {
  RaiseException(static_cast<DWORD>(EXCEPTION_INVALID_DISPOSITION), EXCEPTION_NONCONTINUABLE, 0, nullptr);
}

CRASH_TEST_NO_INLINE void raise_code(const Call& call) {
  RaiseException(call.number, 0, 0, nullptr);
}

constexpr std::array kTable{
    Behavior{L"ARRAY_BOUNDS_EXCEEDED", Takes::kNothing, CRASH_TEST_X64 ? Origin::kRaised : Origin::kReal,
             "the BOUND instruction, which 64-bit code does not have", array_bounds},
    Behavior{L"BREAKPOINT", Takes::kNothing, Origin::kReal, "INT 3", breakpoint},
    Behavior{L"ILLEGAL_INSTRUCTION", Takes::kNothing, Origin::kReal, "UD2", illegal_instruction},
    Behavior{L"PRIV_INSTRUCTION", Takes::kNothing, Origin::kReal, "HLT", privileged_instruction},
    Behavior{L"INT_DIVIDE_BY_ZERO", Takes::kNothing, Origin::kReal, "divides by zero", divide_by_zero},
    Behavior{L"INT_OVERFLOW", Takes::kNothing, Origin::kReal, "INT 4, which is what INTO did", integer_overflow},
    Behavior{L"SINGLE_STEP", Takes::kNothing, Origin::kReal, "EFLAGS.TF", single_step},
    Behavior{L"INVALID_HANDLE", Takes::kNothing, Origin::kReal,
             "closes a handle twice: an exception under a debugger only, and not a fatal one", invalid_handle},
    Behavior{L"NONCONTINUABLE_EXCEPTION", Takes::kNothing, CRASH_TEST_X64 ? Origin::kReal : Origin::kRaised,
             "a handler insists on going on after a noncontinuable exception", noncontinuable},
    Behavior{L"NONCONTINUABLE", Takes::kNothing, CRASH_TEST_X64 ? Origin::kReal : Origin::kRaised,
             "the same as NONCONTINUABLE_EXCEPTION", noncontinuable},
    Behavior{L"INVALID_DISPOSITION", Takes::kNothing, Origin::kRaised, "what no handler in C++ can provoke",
             invalid_disposition},
    Behavior{L"RAISE", Takes::kNumber, Origin::kRaised, "RaiseException with this code", raise_code},
};

}  // namespace

std::span<const Behavior> instruction_behaviors() {
  return kTable;
}

}  // namespace crash_test
