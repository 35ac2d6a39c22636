// Crashes at moments when there is hardly a process: before main() and after it, in the loader. What has to happen
// before main() is found in the command line, since nobody has split it into words yet.

#include "behaviors.h"

#include <windows.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

namespace adversary {
namespace {

bool is_wanted(const wchar_t* word) {
  return std::wcsstr(GetCommandLineW(), word) != nullptr;
}

CRASH_TEST_NO_INLINE void write_null() {
  *crash_test::null_pointer = 1;
}

// catcher must say: access violation, 139, with a stack that shows the constructor and no main().
struct CrashesInConstructor {
  CRASH_TEST_NO_INLINE CrashesInConstructor() {
    if (is_wanted(L"IN_STATIC_CONSTRUCTOR")) {
      write_null();
    }
  }
};
const CrashesInConstructor crashes_in_constructor;

// catcher must say: access violation, 139, with the destructor on the stack.
struct CrashesInDestructor {
  CRASH_TEST_NO_INLINE ~CrashesInDestructor() {
    if (is_wanted(L"IN_STATIC_DESTRUCTOR")) {
      write_null();
    }
  }
};
const CrashesInDestructor crashes_in_destructor;

// catcher must say: an access violation was handled, or 139: some loaders swallow what happens in a TLS callback.
void CALLBACK crash_in_tls_callback(void*, DWORD reason, void*) {
  if (reason == DLL_PROCESS_ATTACH && is_wanted(L"IN_TLS_CALLBACK")) {
    write_null();
  }
  if (reason == DLL_THREAD_ATTACH && is_wanted(L"IN_TLS_OF_THREAD")) {
    write_null();
  }
}

void crash_at_exit_function() {
  write_null();
}

// catcher must say: access violation, 139, although the process had begun to end itself with 0.
void crash_at_exit(const Call&) {
  std::atexit(crash_at_exit_function);
  std::exit(0);
}

DWORD CALLBACK do_nothing(void*) {
  return 0;
}

void start_thread(const Call&) {
  const HANDLE thread = CreateThread(nullptr, 0, do_nothing, nullptr, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

void nothing(const Call&) {}

// catcher must count or report the fault of a DllMain, and show the stack where it reports it. The DLL does at which of
// its calls what the variable says.
void load_faulting_dll(const Call& call) {
  SetEnvironmentVariableW(L"FAULTING_DLL", call.text.c_str());
  const wchar_t* const name = sizeof(void*) == 8 ? L"faulting_dll.dll" : L"faulting_dll32.dll";
  const HMODULE dll = LoadLibraryW(name);  // not freed: its end is part of what this is for
  std::printf("loaded: %s\n", dll != nullptr ? "yes" : "no");
  std::fflush(stdout);
}

constexpr std::array kTable{
    Behavior{L"IN_STATIC_CONSTRUCTOR", Takes::kNothing, Origin::kReal, "writes to null before main()", nothing},
    Behavior{L"IN_STATIC_DESTRUCTOR", Takes::kNothing, Origin::kReal, "writes to null after main()", nothing},
    Behavior{L"IN_TLS_CALLBACK", Takes::kNothing, Origin::kReal, "writes to null in a TLS callback, at the start",
             nothing},
    Behavior{L"IN_TLS_OF_THREAD", Takes::kNothing, Origin::kReal,
             "writes to null in the TLS callback of a second thread", start_thread},
    Behavior{L"AT_EXIT", Takes::kNothing, Origin::kReal, "writes to null in a function registered with atexit",
             crash_at_exit},
    Behavior{L"LOAD_FAULTING_DLL", Takes::kText, Origin::kReal,
             "loads a DLL that faults at this moment: attach, thread, detach, throw, abort, hang", load_faulting_dll},
    Behavior{L"START_THREAD", Takes::kNothing, Origin::kNoFault, "starts a thread that ends at once; goes on",
             start_thread},
};

}  // namespace

std::span<const Behavior> moment_behaviors() {
  return kTable;
}

}  // namespace adversary

// Where the linker collects the program's TLS callbacks ("PE Format" on Microsoft Learn, .tls): the CRT's own directory
// ends with .CRT$XLZ.
#if defined(_MSC_VER)
#pragma section(".CRT$XLC", long, read)
extern "C" __declspec(allocate(".CRT$XLC")) const PIMAGE_TLS_CALLBACK adversary_tls_callback =
    adversary::crash_in_tls_callback;
#else
extern "C" {
__attribute__((section(".CRT$XLC"), used)) PIMAGE_TLS_CALLBACK adversary_tls_callback =
    adversary::crash_in_tls_callback;
}
#endif
