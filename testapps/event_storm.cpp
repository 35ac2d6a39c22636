// Makes debug events by the thousand. It must show that a debugger neither slows down nor keeps anything for each of
// them.
//
//   event_storm.exe [threads N] [dlls N] [children N] [exceptions N] [strings N] [report]
//
// `report` writes the line "done" to stdout and then waits until stdin ends, so that somebody can look at the debugger
// meanwhile.

#include <windows.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr int kWrongUsage = 2;

DWORD CALLBACK end_at_once(void*) {
  return 0;
}

void one_thread() {
  const HANDLE thread =
      CreateThread(nullptr, 64 * 1024, end_at_once, nullptr, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

void one_dll() {
  // Small, part of every Windows, and not loaded by anything else in this program.
  if (const HMODULE dll = LoadLibraryExW(L"version.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)) {
    FreeLibrary(dll);
  }
}

void one_child() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  std::wstring command_line = L"\"" + path + L"\"";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process) !=
      0) {
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
  }
}

LONG CALLBACK go_on(EXCEPTION_POINTERS*) {
  return EXCEPTION_CONTINUE_EXECUTION;
}

void one_exception() {
  constexpr DWORD kOurs = 0xE0C0FFEE;
  RaiseException(kOurs, 0, 0, nullptr);
}

void one_string() {
  OutputDebugStringW(L"event_storm: one more line of debug output\n");
}

void report() {
  DWORD count = 0;
  constexpr std::string_view kDone = "done\n";
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), kDone.data(), static_cast<DWORD>(kDone.size()), &count, nullptr);
  for (char byte = 0; ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &count, nullptr) != 0 && count != 0;) {
  }
}

void repeat(unsigned long times, void (*what)()) {
  for (unsigned long i = 0; i < times; ++i) {
    what();
  }
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  AddVectoredExceptionHandler(1, go_on);
  for (int i = 1; i < argc; ++i) {
    const std::wstring_view what = argv[i];
    if (what == L"report") {
      report();
      continue;
    }
    if (++i == argc) {
      return kWrongUsage;
    }
    const unsigned long times = std::wcstoul(argv[i], nullptr, 10);
    if (what == L"threads") {
      repeat(times, one_thread);
    } else if (what == L"dlls") {
      repeat(times, one_dll);
    } else if (what == L"children") {
      repeat(times, one_child);
    } else if (what == L"exceptions") {
      repeat(times, one_exception);
    } else if (what == L"strings") {
      repeat(times, one_string);
    } else {
      return kWrongUsage;
    }
  }
  return 0;
}
