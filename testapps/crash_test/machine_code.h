#pragma once

#include <windows.h>

#include <array>
#include <cstddef>
#include <cstring>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

// What C++ cannot say: MSVC has no inline assembler for x64, so there the same bytes run from executable memory of
// their own.
#if defined(_M_X64) || defined(__x86_64__)
#define CRASH_TEST_X64 1
#else
#define CRASH_TEST_X64 0
#endif

namespace crash_test {

// Calls `code` as a function without arguments. For single instructions only: such code has no unwind data.
template <std::size_t size>
void run_machine_code(const std::array<unsigned char, size>& code) {
  void* const memory = VirtualAlloc(nullptr, size, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
  if (memory == nullptr) {
    return;
  }
  std::memcpy(memory, code.data(), size);
  FlushInstructionCache(GetCurrentProcess(), memory, size);
  reinterpret_cast<void (*)()>(memory)();
  VirtualFree(memory, 0, MEM_RELEASE);
}

}  // namespace crash_test
