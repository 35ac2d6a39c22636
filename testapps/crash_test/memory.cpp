// Faults of memory access, and a corrupted heap.

#include "bare_stack.h"
#include "behavior.h"
#include "machine_code.h"
#include "no_inline.h"
#include "null_pointer.h"

#include <windows.h>

#include <array>
#include <cstdlib>

namespace crash_test {
namespace {

// Behind volatile for the same reason as null_pointer.
int (*volatile null_function)() = nullptr;

CRASH_TEST_NO_INLINE void write_null(const Call&) {
  *null_pointer = 1;
}

CRASH_TEST_NO_INLINE void read_null(const Call&) {
  const int value = *null_pointer;
  static_cast<void>(value);
}

CRASH_TEST_NO_INLINE void call_null(const Call&) {
  null_function();
}

CRASH_TEST_NO_INLINE void execute_data(const Call&) {
  void* const data = VirtualAlloc(nullptr, 1, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
  reinterpret_cast<void (*)()>(data)();
}

CRASH_TEST_NO_INLINE void read_noncanonical(const Call&) {
#if CRASH_TEST_X64
  volatile const int* volatile const pointer = reinterpret_cast<int*>(0x4141414141414141);
#else
  volatile const int* volatile const pointer = reinterpret_cast<int*>(0xFFFFFFF0);
#endif
  const int value = *pointer;
  static_cast<void>(value);
}

CRASH_TEST_NO_INLINE void use_after_free(const Call&) {
  // A page of its own, so that the access faults and does not read what somebody else got meanwhile.
  auto* const page = static_cast<volatile int*>(VirtualAlloc(nullptr, 1, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE));
  VirtualFree(const_cast<int*>(page), 0, MEM_RELEASE);
  *page = 1;
}

CRASH_TEST_NO_INLINE void touch_guard_page(const Call&) {
  auto* const page =
      static_cast<volatile int*>(VirtualAlloc(nullptr, 1, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD));
  *page = 1;
}

// Reading a mapped file whose disk or share has gone; nothing local can be made to fail like that.
CRASH_TEST_NO_INLINE void in_page_error(const Call&) {
  constexpr ULONG_PTR kDeviceNotConnected = 0xC000009D;  // STATUS_DEVICE_NOT_CONNECTED
  void* const view = VirtualAlloc(nullptr, 1, MEM_COMMIT | MEM_RESERVE, PAGE_READONLY);
  const std::array<ULONG_PTR, 3> parameters{0, reinterpret_cast<ULONG_PTR>(view), kDeviceNotConnected};
  RaiseException(EXCEPTION_IN_PAGE_ERROR, 0, static_cast<DWORD>(parameters.size()), parameters.data());
}

constexpr unsigned kAlignmentCheck = 1U << 18;  // EFLAGS.AC

CRASH_TEST_NO_INLINE void misaligned_access() {
  alignas(16) static volatile unsigned char bytes[16];
  // No library function may run while the flag is set: most of them make unaligned accesses of their own.
#if defined(_MSC_VER) && !defined(__clang__)
  __writeeflags(__readeflags() | kAlignmentCheck);
  *reinterpret_cast<volatile __unaligned int*>(&bytes[1]) = 1;
  __writeeflags(__readeflags() & ~static_cast<decltype(__readeflags())>(kAlignmentCheck));
#elif CRASH_TEST_X64
  __asm__ volatile(
      "sub $128, %%rsp\n\t"  // steps over what the compiler may keep below the stack pointer
      "pushfq\n\torl %1, (%%rsp)\n\tpopfq\n\t"
      "movl $1, (%0)\n\t"
      "pushfq\n\tandl %2, (%%rsp)\n\tpopfq\n\t"
      "add $128, %%rsp"
      :
      : "r"(&bytes[1]), "i"(kAlignmentCheck), "i"(~static_cast<int>(kAlignmentCheck))
      : "cc", "memory");
#else
  __asm__ volatile(
      "pushfl\n\torl %1, (%%esp)\n\tpopfl\n\t"
      "movl $1, (%0)\n\t"
      "pushfl\n\tandl %2, (%%esp)\n\tpopfl"
      :
      : "r"(&bytes[1]), "i"(kAlignmentCheck), "i"(~static_cast<int>(kAlignmentCheck))
      : "cc", "memory");
#endif
  RaiseException(static_cast<DWORD>(EXCEPTION_DATATYPE_MISALIGNMENT), 0, 0, nullptr);
}

void datatype_misalignment(const Call&) {
  BareStack::call(misaligned_access);
}

CRASH_TEST_NO_INLINE void corrupt_heap() {
  HeapSetInformation(nullptr, HeapEnableTerminationOnCorruption, nullptr, 0);
  const HANDLE heap = HeapCreate(0, 0, 0);
  void* const block = HeapAlloc(heap, 0, 64);
  HeapFree(heap, 0, block);
  HeapFree(heap, 0, block);
}

CRASH_TEST_NO_INLINE void heap_corruption(const Call&) {
  corrupt_heap();
  // Nobody noticed. What ntdll does when it notices under a debugger: says so, breaks, and raises.
  OutputDebugStringA("Critical error detected c0000374\n");
  constexpr DWORD kHeapCorruption = 0xC0000374;
  const ULONG_PTR block = 0x10000;
  RaiseException(kHeapCorruption, EXCEPTION_NONCONTINUABLE, 1, &block);
}

constexpr std::array kTable{
    Behavior{L"CRASH", Takes::kNothing, Origin::kReal, "the same as ACCESS_VIOLATION", write_null},
    Behavior{L"ACCESS_VIOLATION", Takes::kNothing, Origin::kReal, "writes to the null pointer", write_null},
    Behavior{L"READ_NULL", Takes::kNothing, Origin::kReal, "reads from the null pointer", read_null},
    Behavior{L"CALL_NULL", Takes::kNothing, Origin::kReal, "calls a null function pointer", call_null},
    Behavior{L"EXECUTE_DATA", Takes::kNothing, Origin::kReal, "calls a page that is not executable", execute_data},
    Behavior{L"READ_NONCANONICAL", Takes::kNothing, Origin::kReal, "reads from an address that no processor accepts",
             read_noncanonical},
    Behavior{L"USE_AFTER_FREE", Takes::kNothing, Origin::kReal, "writes to a page that was released", use_after_free},
    Behavior{L"DATATYPE_MISALIGNMENT", Takes::kNothing, Origin::kMixed,
             "misaligned write with EFLAGS.AC set; raised where the system hides the fault", datatype_misalignment},
    Behavior{L"GUARD_PAGE", Takes::kNothing, Origin::kReal, "touches a PAGE_GUARD page", touch_guard_page},
    Behavior{L"IN_PAGE_ERROR", Takes::kNothing, Origin::kRaised, "a mapped file whose device has gone", in_page_error},
    Behavior{L"HEAP_CORRUPTION", Takes::kNothing, Origin::kMixed,
             "frees a block twice; where the heap does not notice, does what ntdll does then", heap_corruption},
};

}  // namespace

std::span<const Behavior> memory_behaviors() {
  return kTable;
}

}  // namespace crash_test
