// Ways to end that are no exception of the processor: fail fast, abort, an uncaught C++ exception, exit codes.

#include "behavior.h"
#include "no_inline.h"

#include <windows.h>

#include <array>
#include <cassert>
#include <cstdlib>
#include <exception>
#include <stdexcept>

namespace crash_test {
namespace {

constexpr unsigned kFatalAppExit = 7;  // FAST_FAIL_FATAL_APP_EXIT

#if defined(_MSC_VER)
#define CRASH_TEST_FAIL_FAST(subcode) __fastfail(subcode)
#else
// The instruction behind __fastfail, which not every MinGW-w64 declares.
#define CRASH_TEST_FAIL_FAST(subcode) __asm__ volatile("int $0x29" : : "c"(subcode))
#endif

CRASH_TEST_NO_INLINE void fail_fast(const Call&) {
  CRASH_TEST_FAIL_FAST(kFatalAppExit);
}

CRASH_TEST_NO_INLINE void fail_fast_subcode(const Call& call) {
  // A switch, since the intrinsic wants a constant.
  switch (call.number) {
    case 2:
      CRASH_TEST_FAIL_FAST(2);
      break;
    case 3:
      CRASH_TEST_FAIL_FAST(3);
      break;
    case 5:
      CRASH_TEST_FAIL_FAST(5);
      break;
    default:
      CRASH_TEST_FAIL_FAST(kFatalAppExit);
      break;
  }
}

CRASH_TEST_NO_INLINE void raise_fail_fast(const Call&) {
  RaiseFailFastException(nullptr, nullptr, FAIL_FAST_GENERATE_EXCEPTION_ADDRESS);
}

CRASH_TEST_NO_INLINE void throw_cxx(const Call&) {
  throw std::runtime_error("crash_test threw this");
}

CRASH_TEST_NO_INLINE void throw_int(const Call&) {
  throw 42;
}

CRASH_TEST_NO_INLINE void call_abort(const Call&) {
  std::abort();
}

CRASH_TEST_NO_INLINE void call_terminate(const Call&) {
  std::terminate();
}

// The other C runtime of Windows, which this program may not be linked to.
CRASH_TEST_NO_INLINE void ucrtbase_abort(const Call&) {
  const HMODULE runtime = LoadLibraryExW(L"ucrtbase.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (runtime == nullptr) {
    return;
  }
  const auto abort_there = reinterpret_cast<void (*)()>(
      reinterpret_cast<void*>(GetProcAddress(runtime, "abort")));  // never closed: the code is in use
  if (abort_there != nullptr) {
    abort_there();
  }
}

CRASH_TEST_NO_INLINE void failed_assertion(const Call& call) {
#if defined(_MSC_VER) && !defined(__clang__)
  _wassert(L"the_answer == 42", L"endings.cpp", call.number);
#else
  _assert("the_answer == 42", "endings.cpp", call.number);
#endif
}

void exit_with(const Call& call) {
  std::exit(static_cast<int>(call.number));
}

void exit_status(const Call& call) {
  TerminateProcess(GetCurrentProcess(), call.number);
}

constexpr std::array kTable{
    Behavior{L"FAIL_FAST", Takes::kNothing, Origin::kReal, "__fastfail(FAST_FAIL_FATAL_APP_EXIT)", fail_fast},
    Behavior{L"FAIL_FAST_SUBCODE", Takes::kNumber, Origin::kReal, "__fastfail with subcode 2, 3 or 5",
             fail_fast_subcode},
    Behavior{L"RAISE_FAIL_FAST", Takes::kNothing, Origin::kReal, "RaiseFailFastException", raise_fail_fast},
    Behavior{L"CXX_THROW", Takes::kNothing, Origin::kReal, "throws std::runtime_error, which nobody catches",
             throw_cxx},
    Behavior{L"CXX_THROW_INT", Takes::kNothing, Origin::kReal, "throws an int, which nobody catches", throw_int},
    Behavior{L"ABORT", Takes::kNothing, Origin::kReal, "abort() of the C runtime that it is linked to", call_abort},
    Behavior{L"UCRTBASE_ABORT", Takes::kNothing, Origin::kReal, "abort() of ucrtbase.dll, loaded for it",
             ucrtbase_abort},
    Behavior{L"TERMINATE", Takes::kNothing, Origin::kReal, "std::terminate()", call_terminate},
    Behavior{L"ASSERT", Takes::kNumber, Origin::kReal, "a failed assert() in this line", failed_assertion},
    Behavior{L"EXIT", Takes::kNumber, Origin::kNoFault, "exit(N)", exit_with},
    Behavior{L"EXIT_STATUS", Takes::kNumber, Origin::kNoFault, "TerminateProcess(GetCurrentProcess(), N)", exit_status},
};

}  // namespace

std::span<const Behavior> ending_behaviors() {
  return kTable;
}

}  // namespace crash_test
