// The bug that the handle probe exists for. A task thread waits on a semaphore; a debugger engine (handle_engine.cpp, a
// DLL of its own or, in handle_gamble_one, part of this program) closes a file handle twice; between the two the value
// was given to the semaphore, which the second close kills: wake_up() then fails, and the task would wait for ever.
// catcher --handles must name the semaphore, who created it, the engine's two closes and the release that fails.
//
//   handle_gamble          the story
//   handle_gamble race     with threads that open and close handles of their own all the while
//   handle_gamble child    in a child process
//   handle_gamble clean    the same without the second close: nothing to find
//   handle_gamble twice    the program's own double close: nobody got the value in between
//   handle_gamble leak N   N semaphores are never closed
//   handle_gamble guard    closes its own semaphore, which --guard-handle forbids

#include "handle_engine.h"

#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

namespace {

class TaskThread {
 public:
  void create() {
    wake_up_ = CreateSemaphoreW(nullptr, 0, 1, L"_TaskThread6_00001234");
    keep_frame();
  }

  void start() { thread_ = CreateThread(nullptr, 0, &TaskThread::run, this, 0, nullptr); }

  bool wake_up() {
    const bool woken = ReleaseSemaphore(wake_up_, 1, nullptr) != FALSE;
    keep_frame();
    return woken;
  }

  void close() {
    CloseHandle(wake_up_);
    keep_frame();
  }

  // A task that nobody can wake any more would wait for ever.
  void stop() {
    if (thread_ != nullptr) {
      WaitForSingleObject(thread_, 2000);
      CloseHandle(thread_);
    }
  }

 private:
  static DWORD WINAPI run(void* self) {
    WaitForSingleObject(static_cast<TaskThread*>(self)->wake_up_, 1000);
    return 0;
  }

  HANDLE wake_up_ = nullptr;
  HANDLE thread_ = nullptr;
};

volatile LONG racing = 0;

DWORD WINAPI race(void*) {
  while (racing != 0) {
    const HANDLE first = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    const HANDLE second = CreateMutexW(nullptr, FALSE, nullptr);
    Sleep(1);
    CloseHandle(second);
    CloseHandle(first);
  }
  return 0;
}

void debug_loop() {
  engine_on_load_dll(L"C:\\windows\\system32\\kernel32.dll");
  keep_frame();
}

void stop_debug() {
  engine_force_close();
  keep_frame();
}

// The first object with a name makes the system open a directory that it keeps: that must not take the value.
void warm_up() {
  CloseHandle(CreateEventW(nullptr, TRUE, FALSE, L"handle_gamble_warm_up"));
}

int gamble(bool with_second_close) {
  TaskThread task;
  warm_up();
  debug_loop();
  task.create();
  const bool first = task.wake_up();
  task.start();
  if (with_second_close) {
    stop_debug();
  }
  const bool second = task.wake_up();
  std::printf("first release %d, second release %d\n", first ? 1 : 0, second ? 1 : 0);
  std::fflush(stdout);
  task.stop();
  if (!with_second_close) {
    task.close();
  }
  return 0;
}

int gamble_among_others() {
  racing = 1;
  HANDLE threads[3];
  for (HANDLE& thread : threads) {
    thread = CreateThread(nullptr, 0, &race, nullptr, 0, nullptr);
  }
  gamble(true);
  racing = 0;
  WaitForMultipleObjects(3, threads, TRUE, 5000);
  for (const HANDLE thread : threads) {
    CloseHandle(thread);
  }
  return 0;
}

int gamble_in_child() {
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  std::wstring command_line = L"\"" + std::wstring(program) + L"\"";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process) ==
      0) {
    return 1;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return 0;
}

int close_twice() {
  TaskThread task;
  warm_up();
  task.create();
  task.close();
  task.close();
  std::printf("closed twice\n");
  return 0;
}

int leak(int count) {
  for (int i = 0; i < count; ++i) {
    const HANDLE semaphore = CreateSemaphoreW(nullptr, 0, 1, nullptr);
    if (semaphore == nullptr) {
      return 1;
    }
    Sleep(1);
  }
  return 0;
}

int close_guarded() {
  TaskThread task;
  task.create();
  task.close();
  return 0;
}

}  // namespace

int wmain(int count, wchar_t** words) {
  const std::wstring what = count > 1 ? words[1] : L"";
  if (what == L"race") {
    return gamble_among_others();
  }
  if (what == L"child") {
    return gamble_in_child();
  }
  if (what == L"clean") {
    return gamble(false);
  }
  if (what == L"twice") {
    return close_twice();
  }
  if (what == L"leak") {
    return leak(count > 2 ? std::wcstol(words[2], nullptr, 10) : 1);
  }
  if (what == L"guard") {
    return close_guarded();
  }
  return gamble(true);
}
