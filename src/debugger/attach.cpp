#include "debugger/attach.h"

#include "debugger/target_program.h"
#include "win32/dynamic_function.h"
#include "win32/error.h"
#include "win32/unique_handle.h"

#include <fmt/format.h>

#include <string_view>

namespace catcher {
namespace {

[[noreturn]] void refuse(ExitCode code, std::uint32_t pid, std::string_view reason) {
  throw StartError(code, fmt::format("cannot attach to process {}: {}", pid, reason));
}

bool is_gone(HANDLE process) {
  return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

// An administrator has the right to debug other users' processes and services, but not before it is switched on.
// advapi32 is looked up: importing it would cost every run.
bool enable_debug_privilege() {
  const HMODULE advapi = LoadLibraryExW(L"advapi32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);  // kept
  if (advapi == nullptr) {
    return false;
  }
  const auto open_token = find_function<decltype(OpenProcessToken)>(L"advapi32.dll", "OpenProcessToken");
  const auto look_up = find_function<decltype(LookupPrivilegeValueW)>(L"advapi32.dll", "LookupPrivilegeValueW");
  const auto adjust = find_function<decltype(AdjustTokenPrivileges)>(L"advapi32.dll", "AdjustTokenPrivileges");
  HANDLE opened = nullptr;
  if (open_token == nullptr || look_up == nullptr || adjust == nullptr ||
      open_token(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &opened) == 0) {
    return false;
  }
  const UniqueHandle token(opened);
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  // Success says only that the call was understood; the last error, whether we have the privilege.
  return look_up(nullptr, SE_DEBUG_NAME, &wanted.Privileges[0].Luid) != 0 &&
         adjust(token.get(), FALSE, &wanted, 0, nullptr, nullptr) != 0 && GetLastError() == ERROR_SUCCESS;
}

UniqueHandle open_process(std::uint32_t pid) {
  constexpr DWORD kAccess = PROCESS_QUERY_INFORMATION | SYNCHRONIZE;
  UniqueHandle process(OpenProcess(kAccess, FALSE, pid));
  if (!process && GetLastError() == ERROR_ACCESS_DENIED && enable_debug_privilege()) {
    process.reset(OpenProcess(kAccess, FALSE, pid));
  }
  if (process) {
    return process;
  }
  const std::uint32_t error = last_error();
  if (error == ERROR_ACCESS_DENIED) {
    refuse(ExitCode::kCannotStart, pid, "access denied; run catcher as an administrator, or as the user that runs it");
  }
  if (error == ERROR_INVALID_PARAMETER) {
    refuse(ExitCode::kNotFound, pid, "there is no such process");
  }
  refuse(ExitCode::kCannotStart, pid, describe_win32_error(error));
}

bool is_32_bit(HANDLE process) {
  BOOL wow64 = FALSE;
  IsWow64Process(process, &wow64);
  return wow64 != FALSE;
}

// Nothing when nothing is known to speak against it.
void refuse_what_cannot_be_debugged(HANDLE process, std::uint32_t pid) {
  if (is_gone(process)) {
    refuse(ExitCode::kNotFound, pid, "it has ended");
  }
  BOOL debugged = FALSE;
  if (CheckRemoteDebuggerPresent(process, &debugged) != 0 && debugged != FALSE) {
    refuse(ExitCode::kCannotStart, pid, "another debugger is attached to it");
  }
  if (is_32_bit(GetCurrentProcess()) && !is_32_bit(process)) {
    refuse(ExitCode::kCannotStart, pid, "it is a 64-bit process and this catcher a 32-bit one; use the 64-bit catcher");
  }
}

// DebugActiveProcess without its last step, a thread that it starts in the process to run into a breakpoint there. We
// have no use for that: such a thread waits for the loader's lock in a process that crashed with it, arrives when we
// have already gone, and begins at an address that a 32-bit process cannot even express. False where the OS has no way
// to do without.
bool attach_without_break_in(HANDLE process) {
  const auto connect = find_function<LONG NTAPI()>(L"ntdll.dll", "DbgUiConnectToDbg");
  const auto debug_object = find_function<HANDLE NTAPI()>(L"ntdll.dll", "DbgUiGetThreadDebugObject");
  const auto debug = find_function<LONG NTAPI(HANDLE, HANDLE)>(L"ntdll.dll", "NtDebugActiveProcess");
  return connect != nullptr && debug_object != nullptr && debug != nullptr && connect() >= 0 &&
         debug(process, debug_object()) >= 0;
}

// False with the last error set.
bool attach_to(std::uint32_t pid) {
  const UniqueHandle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
  return process && (attach_without_break_in(process.get()) || DebugActiveProcess(pid) != 0);
}

}  // namespace

LaunchedProcess attach(std::uint32_t pid) {
  if (pid == GetCurrentProcessId()) {
    refuse(ExitCode::kCannotStart, pid, "that is catcher itself");
  }
  const UniqueHandle process = open_process(pid);
  refuse_what_cannot_be_debugged(process.get(), pid);
  bool attached = attach_to(pid);
  if (!attached && GetLastError() == ERROR_ACCESS_DENIED && enable_debug_privilege()) {
    attached = attach_to(pid);
  }
  if (!attached) {
    const std::uint32_t error = last_error();
    refuse_what_cannot_be_debugged(process.get(), pid);  // what has changed since, says more than the error
    refuse(ExitCode::kCannotStart, pid,
           error == ERROR_ACCESS_DENIED
               ? "access denied; it is protected, or belongs to somebody else: run catcher as an administrator"
               : describe_win32_error(error));
  }
  // Fails only without a debug object, and this thread has one now.
  DebugSetProcessKillOnExit(FALSE);
  LaunchedProcess running;
  running.pid = pid;
  return running;
}

void announce_attached(std::uint64_t event_handle) {
  const UniqueHandle event(reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(event_handle)));
  if (SetEvent(event.get()) == 0) {
    throw StartError(ExitCode::kCannotStart,
                     fmt::format("--ready-event {}: {}", event_handle, describe_win32_error(last_error())));
  }
}

}  // namespace catcher
