#include "debugger/attach.h"

#include "debugger/target_program.h"
#include "win32/dynamic_function.h"
#include "win32/error.h"
#include "win32/unique_handle.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
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

using Clock = std::chrono::steady_clock;

// How long after its birth a process may still refuse its debugger because it is not set up yet. Far more than it
// takes: only one that refuses for another reason, too, makes us wait so long.
constexpr std::chrono::seconds kSetUp{30};

// Nothing tells when the refusing ends, so it is tried again; the end of the process and a wish to stop are waited for.
constexpr DWORD kRetry = 5;

// DebugActiveProcess without its last step, a thread that it starts in the process to run into a breakpoint there. We
// have no use for that: such a thread waits for the loader's lock in a process that crashed with it, arrives when we
// have already gone, and begins at an address that a 32-bit process cannot even express. DebugActiveProcess itself only
// where the OS has no way to do without. Returns a Win32 error, or 0.
std::uint32_t try_to_attach(std::uint32_t pid) {
  const UniqueHandle process(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
  if (!process) {
    return last_error();
  }
  const auto connect = find_function<LONG NTAPI()>(L"ntdll.dll", "DbgUiConnectToDbg");
  const auto debug_object = find_function<HANDLE NTAPI()>(L"ntdll.dll", "DbgUiGetThreadDebugObject");
  const auto debug = find_function<LONG NTAPI(HANDLE, HANDLE)>(L"ntdll.dll", "NtDebugActiveProcess");
  const auto to_win32 = find_function<ULONG NTAPI(LONG)>(L"ntdll.dll", "RtlNtStatusToDosError");
  if (connect == nullptr || debug_object == nullptr || debug == nullptr || to_win32 == nullptr) {
    return DebugActiveProcess(pid) != 0 ? ERROR_SUCCESS : last_error();
  }
  LONG status = connect();
  if (status >= 0) {
    status = debug(process.get(), debug_object());
  }
  return status >= 0 ? ERROR_SUCCESS : to_win32(status);
}

std::uint32_t try_with_all_rights(std::uint32_t pid) {
  const std::uint32_t error = try_to_attach(pid);
  return error == ERROR_ACCESS_DENIED && enable_debug_privilege() ? try_to_attach(pid) : error;
}

// True also where the OS does not even give it a time of birth yet.
bool is_newborn(HANDLE process) {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  FILETIME now{};
  if (GetProcessTimes(process, &created, &ended, &kernel, &user) == 0) {
    return false;
  }
  GetSystemTimeAsFileTime(&now);
  const auto ticks = [](const FILETIME& time) {
    return (std::uint64_t{time.dwHighDateTime} << 32U) | time.dwLowDateTime;
  };
  constexpr std::uint64_t kTicksPerSecond = 10'000'000;
  return ticks(created) == 0 ||
         ticks(now) < ticks(created) + static_cast<std::uint64_t>(kSetUp.count()) * kTicksPerSecond;
}

// Until it is worth another try; false when `stop` was set first.
bool wait_to_try_again(HANDLE process, HANDLE stop) {
  const std::array handles{process, stop};
  return WaitForMultipleObjects(stop == nullptr ? 1 : 2, handles.data(), FALSE, kRetry) != WAIT_OBJECT_0 + 1;
}

}  // namespace

std::optional<LaunchedProcess> attach(std::uint32_t pid, void* stop, std::optional<Clock::time_point> deadline) {
  if (pid == GetCurrentProcessId()) {
    refuse(ExitCode::kCannotStart, pid, "that is catcher itself");
  }
  const UniqueHandle process = open_process(pid);
  refuse_what_cannot_be_debugged(process.get(), pid);
  const auto begun = Clock::now();
  for (;;) {
    const std::uint32_t error = try_with_all_rights(pid);
    if (error == ERROR_SUCCESS) {
      break;
    }
    refuse_what_cannot_be_debugged(process.get(), pid);  // what has changed since, says more than the error
    if (!is_newborn(process.get()) || Clock::now() - begun > kSetUp) {
      refuse(ExitCode::kCannotStart, pid,
             error == ERROR_ACCESS_DENIED
                 ? "access denied; it is protected, or belongs to somebody else: run catcher as an administrator"
                 : describe_win32_error(error));
    }
    if ((deadline && Clock::now() >= *deadline) || !wait_to_try_again(process.get(), stop)) {
      return std::nullopt;
    }
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
