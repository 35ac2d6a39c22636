// A program that somebody attaches to. It must run on unharmed, whatever it was doing when its debugger came and went.
//
//   attach_target.exe [busy] [allocate N] [exit N] [crash] [int3]
//
// First it writes its process id to stdout. Then it waits until a line comes on stdin (or its end); with `busy` eight
// threads meanwhile do everything that makes a debug event: they raise exceptions and handle them, ask for the end of a
// process that is not there, load and unload a DLL, print debug strings, and start threads. Each checks that what it
// has done had its effect, and the program ends with 99 when it had not. In the end it does what the words say; without
// a word it exits with 0.

#include <windows.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int kHarmed = 99;
constexpr DWORD kOurs = 0xE0C0FFEE;

std::atomic<bool> finished = false;
std::atomic<int> harm = 0;
thread_local int handled = 0;

LONG CALLBACK count_ours(EXCEPTION_POINTERS* pointers) {
  if (pointers->ExceptionRecord->ExceptionCode != kOurs) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  ++handled;
  return EXCEPTION_CONTINUE_EXECUTION;
}

void expect(bool good) {
  harm += good ? 0 : 1;
}

void raise_one() {
  const int before = handled;
  RaiseException(kOurs, 0, 0, nullptr);
  expect(handled == before + 1);
}

void end_nobody() {
  // Through the very function that a debugger watches.
  expect(TerminateProcess(reinterpret_cast<HANDLE>(0x7FFFFFF0), 1) == FALSE && GetLastError() == ERROR_INVALID_HANDLE);
}

void load_and_unload() {
  const HMODULE dll = LoadLibraryExW(L"version.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  expect(dll != nullptr && FreeLibrary(dll) != FALSE);
}

void start_one() {
  int done = 0;
  std::thread([&done] { done = 1; }).join();
  expect(done == 1);
}

void be_busy(unsigned kind) {
  while (!finished) {
    switch (kind % 4) {
      case 0:
        raise_one();
        break;
      case 1:
        end_nobody();
        break;
      case 2:
        load_and_unload();
        OutputDebugStringA("busy");
        break;
      default:
        start_one();
        break;
    }
  }
}

[[gnu::noinline]] void write_null() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

[[gnu::noinline]] void allocate(int megabytes) {
  for (int i = 0; i < megabytes; ++i) {
    VirtualAlloc(nullptr, 1u << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  }
}

void do_word(std::wstring_view word, std::wstring_view next) {
  if (word == L"exit") {
    std::exit(std::stoi(std::wstring(next)));
  } else if (word == L"allocate") {
    allocate(std::stoi(std::wstring(next)));
  } else if (word == L"crash") {
    write_null();
  } else if (word == L"int3") {
    __debugbreak();
  }
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const std::vector<std::wstring_view> words(argv + 1, argv + argc);
  AddVectoredExceptionHandler(1, count_ours);
  std::vector<std::thread> threads;
  if (!words.empty() && words.front() == L"busy") {
    for (unsigned kind = 0; kind < 8; ++kind) {
      threads.emplace_back(be_busy, kind);
    }
  }
  std::printf("%lu\n", GetCurrentProcessId());
  std::fflush(stdout);
  std::getchar();
  finished = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (harm != 0) {
    std::printf("%d times something did not have its effect\n", harm.load());
    return kHarmed;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    do_word(words[i], i + 1 < words.size() ? words[i + 1] : L"");
  }
  return 0;
}
