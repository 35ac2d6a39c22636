// Uses handles as wrongly as a program can, and must end by itself with 0 and "chaos ended", whoever watches: catcher
// --handles must neither fall over nor stop it.
//
//   handle_chaos           eight threads close at random what the others opened, and what never was one
//   handle_chaos copy      closes through a copy of the system call's stub
//   handle_chaos exit      ends while seven threads open and close
//   handle_chaos kill      kills and suspends threads that open and close
//   handle_chaos storm N   opens and closes N events, then closes one twice
//   handle_chaos early     opens an event, says "ready", waits for a line, closes the event twice
//   handle_chaos hooked    the same, with NtSetEvent replaced by a function of its own

#include <windows.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>

namespace {

constexpr int kThreads = 8;
constexpr std::size_t kSlots = 16;

std::array<std::atomic<HANDLE>, kSlots> shared{};
std::atomic<bool> ending{false};
HANDLE under_way = nullptr;  // a semaphore, released by each thread that has begun

unsigned next(unsigned& state) {
  state = state * 1664525U + 1013904223U;
  return state >> 16U;
}

HANDLE value(std::uintptr_t number) {
  return reinterpret_cast<HANDLE>(number);
}

void close_nonsense(unsigned& state) {
  constexpr std::array<std::uintptr_t, 9> nonsense{0,
                                                   1,
                                                   3,
                                                   ~std::uintptr_t{0},
                                                   ~std::uintptr_t{0} - 5,
                                                   0x7FFFFFFC,
                                                   0x80000004,
                                                   static_cast<std::uintptr_t>(0x123456789ABCDEF0),
                                                   0x00FFFFF0};
  CloseHandle(value(nonsense.at(next(state) % nonsense.size())));
}

DWORD WINAPI close_at_random(void* seed) {
  auto state = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(seed));
  for (int i = 0; i < 60; ++i) {
    std::atomic<HANDLE>& slot = shared.at(next(state) % kSlots);
    const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    const HANDLE old = slot.exchange(event);
    if (old != nullptr) {
      CloseHandle(next(state) % 4 == 0 ? value(reinterpret_cast<std::uintptr_t>(old) | 1U) : old);
    }
    if (next(state) % 3 == 0) {
      CloseHandle(slot.load());  // somebody closes it once more, or closes what came after it
    }
    SetEvent(shared.at(next(state) % kSlots).load());
    close_nonsense(state);
  }
  return 0;
}

DWORD WINAPI open_and_close(void*) {
  ReleaseSemaphore(under_way, 1, nullptr);
  while (!ending) {
    CloseHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  }
  return 0;
}

// All handles are there before the first of them runs: what they close at random is never one of these.
std::array<HANDLE, kThreads> start(LPTHREAD_START_ROUTINE work) {
  under_way = CreateSemaphoreW(nullptr, 0, kThreads, nullptr);
  std::array<HANDLE, kThreads> threads{};
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads.at(i) = CreateThread(nullptr, 0, work, reinterpret_cast<void*>(i * 7919 + 1), CREATE_SUSPENDED, nullptr);
  }
  for (const HANDLE thread : threads) {
    ResumeThread(thread);
  }
  return threads;
}

void await_all() {
  for (int i = 0; i < kThreads; ++i) {
    WaitForSingleObject(under_way, INFINITE);
  }
}

void join(const std::array<HANDLE, kThreads>& threads) {
  WaitForMultipleObjects(kThreads, threads.data(), TRUE, 60'000);
}

void* system_call(const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name));
}

int close_through_a_copy() {
  constexpr std::size_t kStub = 32;
  void* copy = VirtualAlloc(nullptr, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
  std::memcpy(copy, system_call("NtClose"), kStub);
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  // A debugger's breakpoint would have been copied too: the first instruction is known.
  constexpr std::array<unsigned char, 3> mov_r10_rcx{0x4C, 0x8B, 0xD1};
  if (sizeof(void*) == 8) {
    std::memcpy(copy, mov_r10_rcx.data(), mov_r10_rcx.size());
  }
  using Close = LONG NTAPI(HANDLE);
  const LONG status = reinterpret_cast<Close*>(copy)(event);
  const HANDLE again = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  return status == 0 && CloseHandle(again) != FALSE ? 0 : 1;
}

int kill_threads() {
  for (int round = 0; round < 4; ++round) {
    const auto threads = start(open_and_close);
    await_all();  // none is inside its own start, whose lock would die with it
    for (std::size_t i = 0; i < threads.size(); ++i) {
      SuspendThread(threads.at(i));
      if (i % 2 == 0) {
        TerminateThread(threads.at(i), 1);
      }
      ResumeThread(threads.at(i));
    }
    ending = true;
    join(threads);
    ending = false;
    for (const HANDLE thread : threads) {
      CloseHandle(thread);
    }
  }
  return 0;
}

int storm(int pairs) {
  HANDLE event = nullptr;
  for (int i = 0; i < pairs; ++i) {
    event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    CloseHandle(event);
  }
  CloseHandle(event);
  return 0;
}

LONG NTAPI set_no_event(HANDLE, LONG*) {
  return 0;
}

void hook(const char* name, void* instead) {
  // mov rax, instead; jmp rax
  std::array<unsigned char, 12> jump{0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0};
  const auto to = reinterpret_cast<std::uintptr_t>(instead);
  std::memcpy(&jump.at(2), &to, sizeof to);
  void* place = system_call(name);
  DWORD before = 0;
  VirtualProtect(place, jump.size(), PAGE_EXECUTE_READWRITE, &before);
  std::memcpy(place, jump.data(), jump.size());
}

int close_early_one() {
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  CloseHandle(event);
  CloseHandle(event);
  return 0;
}

int run(const std::wstring& what, int number) {
  if (what == L"copy") {
    return close_through_a_copy();
  }
  if (what == L"kill") {
    return kill_threads();
  }
  if (what == L"storm") {
    return storm(number);
  }
  if (what == L"hooked") {
    hook("NtSetEvent", reinterpret_cast<void*>(set_no_event));
  }
  if (what == L"hooked" || what == L"early") {
    return close_early_one();
  }
  if (what == L"exit") {
    start(open_and_close);
    await_all();
    return 0;
  }
  join(start(close_at_random));
  return 0;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  const int result =
      run(count > 1 ? words[1] : L"", count > 2 ? static_cast<int>(std::wcstol(words[2], nullptr, 10)) : 0);
  std::printf("chaos ended\n");
  std::fflush(stdout);
  return result;
}
