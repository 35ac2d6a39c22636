// A DLL that crashes in its DllMain. The environment variable FAULTING_DLL says when: attach (also where it is not
// set), thread, detach; throw, abort, exit and hang are done at attach.
//
// catcher must show the place and the stack of the fault, with DllMain on it, wherever the process dies of it.

#include "crash_test/null_pointer.h"

#include <windows.h>

#include <array>
#include <cstdlib>
#include <cwchar>
#include <stdexcept>
#include <string_view>

namespace {

std::wstring_view moment() {
  static std::array<wchar_t, 16> text{};
  const DWORD length = GetEnvironmentVariableW(L"FAULTING_DLL", text.data(), static_cast<DWORD>(text.size()));
  return length == 0 ? L"attach" : std::wstring_view(text.data(), length);
}

void fault() {
  *crash_test::null_pointer = 1;
}

void at_attach() {
  if (moment() == L"attach") {
    fault();
  } else if (moment() == L"throw") {
    throw std::runtime_error("thrown in DllMain");
  } else if (moment() == L"abort") {
    std::abort();
  } else if (moment() == L"exit") {
    ExitProcess(9);
  } else if (moment() == L"hang") {
    Sleep(INFINITE);
  }
}

}  // namespace

extern "C" BOOL WINAPI DllMain(HINSTANCE, DWORD reason, void*) {
  if (reason == DLL_PROCESS_ATTACH) {
    at_attach();
  } else if (reason == DLL_THREAD_ATTACH && moment() == L"thread") {
    fault();
  } else if (reason == DLL_PROCESS_DETACH && moment() == L"detach") {
    fault();
  }
  return TRUE;
}

extern "C" __declspec(dllexport) int needed_by_faulting_import() {
  return 1;
}
