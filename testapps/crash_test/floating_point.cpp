// Floating-point faults, unmasked in the control register of the unit that computes: MXCSR, and the x87 control word
// for the one that only the x87's register stack can raise.

#include "bare_stack.h"
#include "behavior.h"
#include "machine_code.h"
#include "no_inline.h"

#include <windows.h>

#include <xmmintrin.h>
#include <array>

namespace crash_test {
namespace {

constexpr unsigned kInvalid = _MM_MASK_INVALID;
constexpr unsigned kDenormal = _MM_MASK_DENORM;
constexpr unsigned kDivideByZero = _MM_MASK_DIV_ZERO;
constexpr unsigned kOverflow = _MM_MASK_OVERFLOW;
constexpr unsigned kUnderflow = _MM_MASK_UNDERFLOW;
constexpr unsigned kInexact = _MM_MASK_INEXACT;

volatile float sink = 0;

// Lets one exception through; the sticky flags of earlier operations are cleared, since a set flag alone raises
// nothing.
void unmask(unsigned exception) {
  _mm_setcsr((_MM_MASK_MASK & ~exception) | _MM_ROUND_NEAREST);
}

// Intrinsics, not operators: the compiler may not compute the result itself, nor use another unit.
CRASH_TEST_NO_INLINE void divide(unsigned exception, float dividend, float divisor) {
  volatile float numerator = dividend;
  volatile float denominator = divisor;
  unmask(exception);
  sink = _mm_cvtss_f32(_mm_div_ss(_mm_set_ss(numerator), _mm_set_ss(denominator)));
}

CRASH_TEST_NO_INLINE void multiply(unsigned exception, float left, float right) {
  volatile float a = left;
  volatile float b = right;
  unmask(exception);
  sink = _mm_cvtss_f32(_mm_mul_ss(_mm_set_ss(a), _mm_set_ss(b)));
}

void denormal_operand(const Call&) {
  multiply(kDenormal, 1e-40F, 2.0F);
}

void float_divide_by_zero(const Call&) {
  divide(kDivideByZero, 1.0F, 0.0F);
}

void inexact_result(const Call&) {
  divide(kInexact, 1.0F, 3.0F);
}

void invalid_operation(const Call&) {
  divide(kInvalid, 0.0F, 0.0F);
}

void float_overflow(const Call&) {
  multiply(kOverflow, 3e38F, 3e38F);
}

void float_underflow(const Call&) {
  multiply(kUnderflow, 1e-30F, 1e-30F);
}

CRASH_TEST_NO_INLINE void pop_empty_x87_stack() {
  // fninit; lower the mask of "invalid"; store from the empty register stack; wait for the pending exception.
#if defined(_MSC_VER) && !defined(__clang__)
#if CRASH_TEST_X64
  run_machine_code(std::array<unsigned char, 27>{0xDB, 0xE3,                                // fninit
                                                 0x48, 0x83, 0xEC, 0x18,                    // sub rsp, 24
                                                 0xC7, 0x04, 0x24, 0x7E, 0x03, 0x00, 0x00,  // mov dword [rsp], 37Eh
                                                 0xD9, 0x2C, 0x24,                          // fldcw [rsp]
                                                 0xDD, 0x5C, 0x24, 0x08,                    // fstp qword [rsp+8]
                                                 0x9B,                                      // fwait
                                                 0x48, 0x83, 0xC4, 0x18,                    // add rsp, 24
                                                 0xC3, 0x90});
#else
  volatile unsigned short control = 0x37E;
  volatile double value = 0;
  __asm {
    fninit
    fldcw control
    fstp value
    fwait
  }
#endif
#else
  volatile unsigned short control = 0x37E;
  volatile double value = 0;
  __asm__ volatile("fninit\n\tfldcw %1\n\tfstpl %0\n\tfwait" : "=m"(value) : "m"(control));
#endif
}

void stack_check(const Call&) {
  BareStack::call(pop_empty_x87_stack);
}

constexpr std::array kTable{
    Behavior{L"FLT_DENORMAL_OPERAND", Takes::kNothing, Origin::kReal, "multiplies a denormal number", denormal_operand},
    Behavior{L"FLT_DIVIDE_BY_ZERO", Takes::kNothing, Origin::kReal, "1.0 / 0.0", float_divide_by_zero},
    Behavior{L"FLT_INEXACT_RESULT", Takes::kNothing, Origin::kReal, "1.0 / 3.0", inexact_result},
    Behavior{L"FLT_INVALID_OPERATION", Takes::kNothing, Origin::kReal, "0.0 / 0.0", invalid_operation},
    Behavior{L"FLT_OVERFLOW", Takes::kNothing, Origin::kReal, "3e38 * 3e38", float_overflow},
    Behavior{L"FLT_STACK_CHECK", Takes::kNothing, Origin::kReal, "stores from the empty x87 register stack",
             stack_check},
    Behavior{L"FLT_UNDERFLOW", Takes::kNothing, Origin::kReal, "1e-30 * 1e-30", float_underflow},
};

}  // namespace

std::span<const Behavior> floating_point_behaviors() {
  return kTable;
}

}  // namespace crash_test
