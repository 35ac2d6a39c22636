// Ends, and what outlives them: its own program file, its main thread, its process while somebody still crashes.

#include "behaviors.h"

#include <windows.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace adversary {
namespace {

// catcher must report as ever: the file that the process came from has another name, or is gone.
void delete_own_file(const Call&) {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  const std::wstring moved = path + L".gone";
  // A running program cannot be deleted on Windows, but renamed.
  const bool done = MoveFileExW(path.c_str(), moved.c_str(), MOVEFILE_REPLACE_EXISTING) != 0;
  DeleteFileW(moved.c_str());
  std::printf("its own file: %s\n", done ? "gone" : "still there");
  std::fflush(stdout);
}

std::vector<wchar_t*> words_of_detached_thread;

DWORD CALLBACK run_words_and_wait(void*) {
  crash_test::run_words(words_of_detached_thread);
  return 0;
}

// catcher must say what the words say; the thread that the process began with has ended by then.
void in_detached_thread(const Call& call) {
  words_of_detached_thread.assign(call.rest.begin(), call.rest.end());
  CloseHandle(CreateThread(nullptr, 0, run_words_and_wait, nullptr, 0, nullptr));
  ExitThread(0);
}

HANDLE fault_seen = nullptr;

LONG CALLBACK tell_and_stay(EXCEPTION_POINTERS*) {
  SetEvent(fault_seen);
  Sleep(INFINITE);
  return EXCEPTION_CONTINUE_SEARCH;
}

DWORD CALLBACK write_null(void*) {
  *crash_test::null_pointer = 1;
  return 0;
}

// catcher must say: ended by itself with N; one access violation, which a handler has in hand.
void exit_while_handling(const Call& call) {
  fault_seen = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  AddVectoredExceptionHandler(1, tell_and_stay);
  CloseHandle(CreateThread(nullptr, 0, write_null, nullptr, 0, nullptr));
  WaitForSingleObject(fault_seen, INFINITE);
  std::exit(static_cast<int>(call.number));
}

std::atomic<bool> start_race = false;

DWORD CALLBACK crash_at_the_start(void*) {
  while (!start_race) {
  }
  *crash_test::null_pointer = 1;
  return 0;
}

// catcher must say either: crashed, or ended by itself with N. Nothing else.
void exit_while_crashing(const Call& call) {
  for (int i = 0; i < 4; ++i) {
    CloseHandle(CreateThread(nullptr, 0, crash_at_the_start, nullptr, 0, nullptr));
  }
  start_race = true;
  std::exit(static_cast<int>(call.number));
}

LONG CALLBACK throw_once(EXCEPTION_POINTERS* pointers) {
  if (pointers->ExceptionRecord->ExceptionCode == static_cast<DWORD>(EXCEPTION_ACCESS_VIOLATION)) {
    throw std::runtime_error("thrown inside a vectored handler");
  }
  return EXCEPTION_CONTINUE_SEARCH;
}

// catcher must say: crashed. Of what is a matter of the C++ runtime: an exception that nobody catches, or the access
// violation that it was thrown for.
CRASH_TEST_NO_INLINE void throw_in_handler(const Call&) {
  AddVectoredExceptionHandler(1, throw_once);
  *crash_test::null_pointer = 1;
}

DWORD CALLBACK suspend_forever(void*) {
  SuspendThread(GetCurrentThread());
  return 0;
}

// catcher must call such a thread suspended, not busy.
void suspended_thread(const Call&) {
  const HANDLE thread = CreateThread(nullptr, 0, suspend_forever, nullptr, CREATE_SUSPENDED, nullptr);
  CloseHandle(thread);
}

// catcher must put back what it found: the modes of the console belong to the shell that it was started from.
void change_console_mode(const Call&) {
  for (const DWORD which : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    const HANDLE console = GetStdHandle(which);
    DWORD before = 0;
    if (GetConsoleMode(console, &before) != 0) {
      SetConsoleMode(console, 0);
      DWORD after = 0;
      GetConsoleMode(console, &after);
      std::fprintf(stderr, "mode %lX now %lX\n", before, after);
    }
  }
}

// What the modes are, for a test that asks before and after.
void print_console_mode(const Call&) {
  for (const DWORD which : {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
    DWORD mode = 0;
    const bool is_console = GetConsoleMode(GetStdHandle(which), &mode) != 0;
    std::printf(is_console ? "mode %lX\n" : "no console\n", mode);
  }
}

constexpr std::array kTable{
    Behavior{L"DELETE_OWN_FILE", Takes::kNothing, Origin::kNoFault, "renames and deletes its own program file; goes on",
             delete_own_file},
    Behavior{L"DETACHED_THREAD", Takes::kRest, Origin::kNoFault,
             "a second thread does the rest; the first one ends before", in_detached_thread},
    Behavior{L"EXIT_WHILE_HANDLING", Takes::kNumber, Origin::kReal,
             "exit(N) while another thread's handler has an access violation in hand", exit_while_handling},
    Behavior{L"EXIT_WHILE_CRASHING", Takes::kNumber, Origin::kReal, "exit(N) while four other threads crash",
             exit_while_crashing},
    Behavior{L"THROW_IN_HANDLER", Takes::kNothing, Origin::kReal, "throws a C++ exception out of a vectored handler",
             throw_in_handler},
    Behavior{L"SUSPENDED_THREAD", Takes::kNothing, Origin::kNoFault, "starts a thread that stays suspended; goes on",
             suspended_thread},
    Behavior{L"CHANGE_CONSOLE_MODE", Takes::kNothing, Origin::kNoFault, "sets all modes of its console to 0; goes on",
             change_console_mode},
    Behavior{L"PRINT_CONSOLE_MODE", Takes::kNothing, Origin::kNoFault, "prints the modes of its console",
             print_console_mode},
};

}  // namespace

std::span<const Behavior> lifetime_behaviors() {
  return kTable;
}

}  // namespace adversary
