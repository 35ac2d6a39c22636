// What scripts/bench lets catcher, the floor and nobody watch. Each word makes one kind of debug event, as often as it
// is told:
//
//   workload nothing             ends at once
//   workload exceptions N        N exceptions that a vectored handler takes
//   workload throws N            N C++ exceptions that are caught
//   workload threads N           N threads, one after the other
//   workload dlls N              N times a DLL is loaded and unloaded
//   workload children N          N processes, one after the other
//   workload strings N           N debug strings
//   workload spin N              N million steps of arithmetic, and no event
//   workload tree N              N children that wait for ever; waits too
//   workload crash FRAMES N      writes to null, FRAMES calls deep and beside N waiting threads
//
// `crash` first writes "stamp COUNTER" to stdout, the performance counter just before the fault.

#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr int kWrongUsage = 2;

DWORD CALLBACK end_at_once(void*) {
  return 0;
}

DWORD CALLBACK wait_for_ever(void*) {
  Sleep(INFINITE);
  return 0;
}

HANDLE small_thread(LPTHREAD_START_ROUTINE start) {
  return CreateThread(nullptr, 64 * 1024, start, nullptr, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
}

void one_thread() {
  const HANDLE thread = small_thread(end_at_once);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

void one_dll() {
  // Small, part of every Windows, and not loaded by anything else in this program.
  if (const HMODULE dll = LoadLibraryExW(L"version.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)) {
    FreeLibrary(dll);
  }
}

HANDLE start_copy(const wchar_t* words) {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  std::wstring command_line = L"\"" + path + L"\" " + words;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process) ==
      0) {
    return nullptr;
  }
  CloseHandle(process.hThread);
  return process.hProcess;
}

void one_child() {
  if (const HANDLE child = start_copy(L"nothing")) {
    WaitForSingleObject(child, INFINITE);
    CloseHandle(child);
  }
}

void one_waiting_child() {
  if (const HANDLE child = start_copy(L"tree 0")) {
    CloseHandle(child);
  }
}

LONG CALLBACK go_on(EXCEPTION_POINTERS* exception) {
  constexpr DWORD kOurs = 0xE0C0FFEE;
  return exception->ExceptionRecord->ExceptionCode == kOurs ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

void one_exception() {
  constexpr DWORD kOurs = 0xE0C0FFEE;
  RaiseException(kOurs, 0, 0, nullptr);
}

void one_throw() {
  try {
    throw std::runtime_error("caught");
  } catch (const std::runtime_error&) {
  }
}

void one_string() {
  OutputDebugStringW(L"workload: one more line of debug output\n");
}

// A chain in which each step waits for the one before, so that it lasts equally long everywhere on one processor.
void million_steps() {
  volatile unsigned long long seed = 1;
  unsigned long long state = seed;
  for (int i = 0; i < 1'000'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  }
  seed = state;
}

int* volatile null_pointer = nullptr;

void crash_here() {
  LARGE_INTEGER now{};
  QueryPerformanceCounter(&now);
  char line[64] = {};
  const int length = std::snprintf(line, sizeof line, "stamp %lld\n", now.QuadPart);
  DWORD count = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, static_cast<DWORD>(length), &count, nullptr);
  *null_pointer = 1;
}

// The volatile number keeps the compiler from making a loop of it.
void crash_below(unsigned long frames) {
  volatile unsigned long here = frames;
  if (here == 0) {
    crash_here();
  } else {
    crash_below(frames - 1);
  }
  here = here + 1;
}

void repeat(unsigned long times, void (*what)()) {
  for (unsigned long i = 0; i < times; ++i) {
    what();
  }
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const std::wstring_view what = argc > 1 ? argv[1] : L"";
  const unsigned long times = argc > 2 ? std::wcstoul(argv[2], nullptr, 10) : 0;
  if (what == L"exceptions") {
    AddVectoredExceptionHandler(1, go_on);
    repeat(times, one_exception);
  } else if (what == L"throws") {
    repeat(times, one_throw);
  } else if (what == L"threads") {
    repeat(times, one_thread);
  } else if (what == L"dlls") {
    repeat(times, one_dll);
  } else if (what == L"children") {
    repeat(times, one_child);
  } else if (what == L"strings") {
    repeat(times, one_string);
  } else if (what == L"spin") {
    repeat(times, million_steps);
  } else if (what == L"tree") {
    repeat(times, one_waiting_child);
    Sleep(INFINITE);
  } else if (what == L"crash") {
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);  // nobody else is to look at it
    const unsigned long threads = argc > 3 ? std::wcstoul(argv[3], nullptr, 10) : 0;
    repeat(threads, [] { CloseHandle(small_thread(wait_for_ever)); });
    crash_below(times);
  } else if (what != L"nothing") {
    return kWrongUsage;
  }
  return 0;
}
