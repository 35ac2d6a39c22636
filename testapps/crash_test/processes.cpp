// Children, threads, waiting, and words to the outside.

#include "behavior.h"
#include "no_inline.h"

#include <windows.h>

#include <tlhelp32.h>

#include <array>
#include <string>

namespace crash_test {
namespace {

constexpr DWORD kCannot = 3;  // exit code when the system refuses what a behavior needs

// One argument, quoted so that CommandLineToArgvW and the C runtime read it back as it is.
std::wstring quoted(std::wstring_view argument) {
  std::wstring result = L"\"";
  std::size_t backslashes = 0;
  for (const wchar_t letter : argument) {
    if (letter == L'"') {
      result.append(backslashes + 1, L'\\');
    }
    backslashes = letter == L'\\' ? backslashes + 1 : 0;
    result += letter;
  }
  result.append(backslashes, L'\\');
  return result + L"\"";
}

std::wstring own_path() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return path;
}

PROCESS_INFORMATION start(std::wstring command_line) {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process) ==
      0) {
    ExitProcess(kCannot);
  }
  return process;
}

void wait_for(const PROCESS_INFORMATION& child) {
  WaitForSingleObject(child.hProcess, INFINITE);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

// A copy of this program with the given words.
PROCESS_INFORMATION start_copy(std::span<wchar_t* const> words) {
  std::wstring command_line = quoted(own_path());
  for (const wchar_t* const word : words) {
    const std::wstring_view view(word);
    const bool plain = !view.empty() && view.find_first_of(L" \t\"\\") == std::wstring_view::npos;
    command_line += L" " + (plain ? std::wstring(view) : quoted(view));
  }
  return start(std::move(command_line));
}

void spawn(const Call& call) {
  wait_for(start_copy(call.rest));
}

void run_program(const Call& call) {
  wait_for(start(call.text));
}

void spawn_and_leave(const Call& call) {
  const PROCESS_INFORMATION child = start_copy(call.rest);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

void spawn_for_ever(const Call& call) {
  for (;;) {
    spawn(call);
  }
}

DWORD CALLBACK run_in_thread(void* words) {
  run_words(*static_cast<std::span<wchar_t* const>*>(words));
  return 0;
}

void in_thread(const Call& call) {
  std::span<wchar_t* const> words = call.rest;
  const HANDLE thread = CreateThread(nullptr, 0, run_in_thread, &words, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
}

// What a waiting thread tells whoever waits for it to wait.
struct Waiting {
  HANDLE arrived;    // semaphore
  HANDLE never_set;  // event
};

DWORD CALLBACK wait_for_ever(void* waiting) {
  const auto* handles = static_cast<const Waiting*>(waiting);
  SignalObjectAndWait(handles->arrived, handles->never_set, INFINITE, FALSE);
  return 0;
}

// Comes back when all of them wait: signalling and waiting are one step, so that none is caught on its way.
void waiting_threads(const Call& call) {
  static Waiting waiting;  // the threads outlive this call
  waiting.arrived = CreateSemaphoreW(nullptr, 0, 0x7FFFFFFF, nullptr);
  waiting.never_set = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  for (std::uint32_t i = 0; i < call.number; ++i) {
    const HANDLE thread =
        CreateThread(nullptr, 64 * 1024, wait_for_ever, &waiting, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
    CloseHandle(thread);
  }
  for (std::uint32_t i = 0; i < call.number; ++i) {
    WaitForSingleObject(waiting.arrived, INFINITE);
  }
}

CRASH_TEST_NO_INLINE  // Written to, so that the memory is really there.
    void
    commit(const Call& call) {
  constexpr SIZE_T kPage = 4096;
  const SIZE_T bytes = SIZE_T{call.number} << 20;
  auto* memory = static_cast<unsigned char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
  if (memory == nullptr) {
    ExitProcess(kCannot);
  }
  for (SIZE_T i = 0; i < bytes; i += kPage) {
    memory[i] = 1;
  }
}

void hang(const Call&) {
  const HANDLE never_set = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  WaitForSingleObject(never_set, INFINITE);
}

volatile unsigned counter = 0;

CRASH_TEST_NO_INLINE void busy(const Call&) {
  for (;;) {
    counter = counter + 1;
  }
}

struct TwoLocks {
  CRITICAL_SECTION first;
  CRITICAL_SECTION second;
  HANDLE second_taken;
};

CRASH_TEST_NO_INLINE DWORD CALLBACK take_second_then_first(void* argument) {
  auto& locks = *static_cast<TwoLocks*>(argument);
  EnterCriticalSection(&locks.second);
  SetEvent(locks.second_taken);
  EnterCriticalSection(&locks.first);
  return 0;
}

CRASH_TEST_NO_INLINE void deadlock(const Call&) {
  TwoLocks locks{};
  InitializeCriticalSection(&locks.first);
  InitializeCriticalSection(&locks.second);
  locks.second_taken = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  EnterCriticalSection(&locks.first);
  const HANDLE thread = CreateThread(nullptr, 0, take_second_then_first, &locks, 0, nullptr);
  WaitForSingleObject(locks.second_taken, INFINITE);
  EnterCriticalSection(&locks.second);
  CloseHandle(thread);  // never reached
}

CRASH_TEST_NO_INLINE DWORD CALLBACK take_and_keep(void* argument) {
  auto& locks = *static_cast<TwoLocks*>(argument);
  EnterCriticalSection(&locks.first);
  SetEvent(locks.second_taken);
  Sleep(INFINITE);
  return 0;
}

CRASH_TEST_NO_INLINE void held_lock(const Call&) {
  TwoLocks locks{};
  InitializeCriticalSection(&locks.first);
  locks.second_taken = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const HANDLE thread = CreateThread(nullptr, 0, take_and_keep, &locks, 0, nullptr);
  WaitForSingleObject(locks.second_taken, INFINITE);
  EnterCriticalSection(&locks.first);
  CloseHandle(thread);  // never reached
}

void pause(const Call& call) {
  Sleep(call.number);
}

DWORD parent_pid() {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  DWORD parent = 0;
  for (BOOL more = Process32FirstW(snapshot, &entry); more != 0; more = Process32NextW(snapshot, &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId()) {
      parent = entry.th32ParentProcessID;
    }
  }
  CloseHandle(snapshot);
  return parent;
}

void kill_parent(const Call&) {
  const HANDLE parent = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, parent_pid());
  if (parent == nullptr) {
    ExitProcess(kCannot);
  }
  TerminateProcess(parent, 0);
  CloseHandle(parent);
}

void write_all(DWORD which, const void* bytes, std::size_t size) {
  DWORD written = 0;
  WriteFile(GetStdHandle(which), bytes, static_cast<DWORD>(size), &written, nullptr);
}

std::string utf8_line(const std::wstring& text) {
  const int wide = static_cast<int>(text.size());
  std::string result(text.size() * 3, '\0');
  const int size = WideCharToMultiByte(CP_UTF8, 0, text.data(), wide, result.data(), static_cast<int>(result.size()),
                                       nullptr, nullptr);
  result.resize(static_cast<std::size_t>(size));
  return result + "\n";
}

void print(const Call& call) {
  const std::string line = utf8_line(call.text);
  write_all(STD_OUTPUT_HANDLE, line.data(), line.size());
}

void print_error(const Call& call) {
  const std::string line = utf8_line(call.text);
  write_all(STD_ERROR_HANDLE, line.data(), line.size());
}

void print_many(const Call& call) {
  for (std::uint32_t i = 0; i < call.number; ++i) {
    constexpr std::string_view kLine = "sixty-four bytes of output, with the line feed at its very end\r\n";
    write_all(STD_OUTPUT_HANDLE, kLine.data(), kLine.size());
  }
}

void echo_stdin(const Call&) {
  std::array<char, 4096> buffer{};
  DWORD read = 0;
  while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer.data(), static_cast<DWORD>(buffer.size()), &read, nullptr) !=
             0 &&
         read != 0) {
    write_all(STD_OUTPUT_HANDLE, buffer.data(), read);
  }
}

void debug_print(const Call& call) {
  OutputDebugStringW(call.text.c_str());
}

void load_dll(const Call& call) {
  LoadLibraryW(call.text.c_str());  // never freed: that it is loaded is what this is for
}

void print_environment(const Call& call) {
  std::wstring value(32767, L'\0');
  value.resize(GetEnvironmentVariableW(call.text.c_str(), value.data(), static_cast<DWORD>(value.size())));
  const std::string line = utf8_line(value);
  write_all(STD_OUTPUT_HANDLE, line.data(), line.size());
}

void print_error_mode(const Call&) {
  const std::string line = utf8_line(std::to_wstring(GetErrorMode()));
  write_all(STD_OUTPUT_HANDLE, line.data(), line.size());
}

constexpr std::array kTable{
    Behavior{L"SPAWN", Takes::kRest, Origin::kNoFault, "a copy of itself does the rest; waits for it and exits with 0",
             spawn},
    Behavior{L"SPAWN_AND_LEAVE", Takes::kRest, Origin::kNoFault, "a copy of itself does the rest; exits at once",
             spawn_and_leave},
    Behavior{L"SPAWN_FOR_EVER", Takes::kRest, Origin::kNoFault, "SPAWN again and again", spawn_for_ever},
    Behavior{L"RUN", Takes::kText, Origin::kNoFault, "runs this command line and waits for its end", run_program},
    Behavior{L"THREAD", Takes::kRest, Origin::kNoFault, "a second thread does the rest", in_thread},
    Behavior{L"WAITING_THREADS", Takes::kNumber, Origin::kNoFault, "starts N threads that wait for ever, then goes on",
             waiting_threads},
    Behavior{L"COMMIT", Takes::kNumber, Origin::kNoFault, "allocates N megabytes and keeps them", commit},
    Behavior{L"HANG", Takes::kNothing, Origin::kNoFault, "waits for an event that nobody sets", hang},
    Behavior{L"BUSY", Takes::kNothing, Origin::kNoFault, "computes for ever", busy},
    Behavior{L"DEADLOCK", Takes::kNothing, Origin::kNoFault, "two threads, two critical sections", deadlock},
    Behavior{L"HELD_LOCK", Takes::kNothing, Origin::kNoFault, "waits for a critical section whose owner sleeps",
             held_lock},
    Behavior{L"SLEEP", Takes::kNumber, Origin::kNoFault, "waits N milliseconds", pause},
    Behavior{L"KILL_PARENT", Takes::kNothing, Origin::kNoFault, "terminates the parent process", kill_parent},
    Behavior{L"PRINT", Takes::kText, Origin::kNoFault, "writes a line to stdout (UTF-8)", print},
    Behavior{L"PRINT_ERROR", Takes::kText, Origin::kNoFault, "writes a line to stderr (UTF-8)", print_error},
    Behavior{L"PRINT_MANY", Takes::kNumber, Origin::kNoFault, "writes N lines of 64 bytes to stdout", print_many},
    Behavior{L"PRINT_ENVIRONMENT", Takes::kText, Origin::kNoFault, "writes an environment variable's value to stdout",
             print_environment},
    Behavior{L"PRINT_ERROR_MODE", Takes::kNothing, Origin::kNoFault, "writes GetErrorMode() to stdout",
             print_error_mode},
    Behavior{L"ECHO_STDIN", Takes::kNothing, Origin::kNoFault, "copies stdin to stdout", echo_stdin},
    Behavior{L"DEBUG_PRINT", Takes::kText, Origin::kNoFault, "OutputDebugString", debug_print},
    Behavior{L"LOAD_DLL", Takes::kText, Origin::kNoFault, "LoadLibrary", load_dll},
};

}  // namespace

std::span<const Behavior> process_behaviors() {
  return kTable;
}

}  // namespace crash_test
