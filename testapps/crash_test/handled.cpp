// Exceptions that the program itself takes care of, well or badly.

#include "behavior.h"
#include "no_inline.h"

#include <windows.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>

namespace crash_test {
namespace {

// What the vectored handlers below need to know; a handler gets no argument of its own.
std::atomic<void*> handled_page = nullptr;
std::atomic<UINT> exit_code_in_handler = 0;

// One page that may not be touched until the handler has made it accessible.
void* new_forbidden_page() {
  return VirtualAlloc(nullptr, 1, MEM_COMMIT | MEM_RESERVE, PAGE_NOACCESS);
}

LONG CALLBACK make_accessible(EXCEPTION_POINTERS* exception) {
  if (exception->ExceptionRecord->ExceptionCode != static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION)) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  void* const page = handled_page.exchange(nullptr);
  DWORD before = 0;
  const bool mine = page != nullptr && VirtualProtect(page, 1, PAGE_READWRITE, &before) != 0;
  return mine ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

CRASH_TEST_NO_INLINE void handled(const Call&) {
  void* const page = new_forbidden_page();
  handled_page = page;
  void* const handler = AddVectoredExceptionHandler(1, make_accessible);
  *static_cast<volatile int*>(page) = 1;
  RemoveVectoredExceptionHandler(handler);
  VirtualFree(page, 0, MEM_RELEASE);
}

LONG CALLBACK exit_from_handler(EXCEPTION_POINTERS*) {
  ExitProcess(exit_code_in_handler);
}

CRASH_TEST_NO_INLINE void first_chance_then_exit(const Call& call) {
  exit_code_in_handler = call.number;
  AddVectoredExceptionHandler(1, exit_from_handler);
  *static_cast<volatile int*>(new_forbidden_page()) = 1;
}

LONG CALLBACK swallow(EXCEPTION_POINTERS* exception) {
  return exception->ExceptionRecord->ExceptionCode == static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION)
             ? EXCEPTION_CONTINUE_EXECUTION
             : EXCEPTION_CONTINUE_SEARCH;
}

CRASH_TEST_NO_INLINE void veh_swallow_loop(const Call&) {
  AddVectoredExceptionHandler(1, swallow);
  *static_cast<volatile int*>(new_forbidden_page()) = 1;
}

LONG CALLBACK fault_again(EXCEPTION_POINTERS*) {
  *static_cast<volatile int*>(new_forbidden_page()) = 1;
  return EXCEPTION_CONTINUE_SEARCH;
}

CRASH_TEST_NO_INLINE void veh_faults(const Call&) {
  AddVectoredExceptionHandler(1, fault_again);
  *static_cast<volatile int*>(new_forbidden_page()) = 1;
}

CRASH_TEST_NO_INLINE void throw_and_catch(const Call& call) {
  for (std::uint32_t i = 0; i < call.number; ++i) {
    try {
      throw std::runtime_error("caught");
    } catch (const std::exception&) {
      // That it is caught is all there is to it.
    }
  }
}

LONG CALLBACK accept_thread_name(EXCEPTION_POINTERS* exception) {
  constexpr DWORD kThreadName = 0x406D1388;
  return exception->ExceptionRecord->ExceptionCode == kThreadName ? EXCEPTION_CONTINUE_EXECUTION
                                                                  : EXCEPTION_CONTINUE_SEARCH;
}

// Microsoft C++'s old way to tell a debugger the name of a thread: 0x1000, name, thread id (-1: the caller), flags.
CRASH_TEST_NO_INLINE void name_thread(const Call& call) {
#pragma pack(push, 8)
  struct ThreadName {
    DWORD type;
    const char* name;
    DWORD thread_id;
    DWORD flags;
  };
#pragma pack(pop)
  std::string name;
  for (const wchar_t letter : call.text) {
    name += static_cast<char>(letter < 0x80 ? letter : L'?');
  }
  const ThreadName told{0x1000, name.c_str(), static_cast<DWORD>(-1), 0};
  std::array<ULONG_PTR, sizeof(ThreadName) / sizeof(ULONG_PTR)> parameters{};
  CopyMemory(parameters.data(), &told, sizeof told);
  void* const handler = AddVectoredExceptionHandler(1, accept_thread_name);
  RaiseException(0x406D1388, 0, static_cast<DWORD>(parameters.size()), parameters.data());
  RemoveVectoredExceptionHandler(handler);
}

// The new way, which tells nobody: whoever wants the name asks the OS. Not every Windows has it.
CRASH_TEST_NO_INLINE void describe_thread(const Call& call) {
  using SetDescription = HRESULT WINAPI(HANDLE, PCWSTR);
  const HMODULE module = GetModuleHandleW(L"kernelbase.dll");
  const auto set_description =
      reinterpret_cast<SetDescription*>(reinterpret_cast<void*>(GetProcAddress(module, "SetThreadDescription")));
  if (set_description != nullptr) {
    set_description(GetCurrentThread(), call.text.c_str());
  }
}

LONG CALLBACK continue_always(EXCEPTION_POINTERS*) {
  return EXCEPTION_CONTINUE_EXECUTION;
}

CRASH_TEST_NO_INLINE void raise_handled(const Call& call) {
  void* const handler = AddVectoredExceptionHandler(1, continue_always);
  RaiseException(call.number, 0, 0, nullptr);
  RemoveVectoredExceptionHandler(handler);
}

constexpr std::array kTable{
    Behavior{L"HANDLED", Takes::kNothing, Origin::kReal, "an access violation that is handled, then goes on", handled},
    Behavior{L"HANDLED_RAISE", Takes::kNumber, Origin::kRaised,
             "an exception of this code that is handled, then goes on", raise_handled},
    Behavior{L"HANDLED_THROW", Takes::kNumber, Origin::kReal, "throws and catches N C++ exceptions, then goes on",
             throw_and_catch},
    Behavior{L"FIRST_CHANCE_THEN_EXIT", Takes::kNumber, Origin::kReal,
             "an access violation whose handler calls ExitProcess(N)", first_chance_then_exit},
    Behavior{L"VEH_SWALLOW_LOOP", Takes::kNothing, Origin::kReal,
             "a handler that goes on without mending anything: faults for ever", veh_swallow_loop},
    Behavior{L"VEH_FAULTS", Takes::kNothing, Origin::kReal, "a handler that faults itself, until the stack is gone",
             veh_faults},
    Behavior{L"DESCRIBE_THREAD", Takes::kText, Origin::kNoFault, "names this thread by SetThreadDescription",
             describe_thread},
    Behavior{L"NAME_THREAD", Takes::kText, Origin::kRaised, "tells the debugger this thread's name (0x406D1388)",
             name_thread},
};

}  // namespace

std::span<const Behavior> handled_behaviors() {
  return kTable;
}

}  // namespace crash_test
