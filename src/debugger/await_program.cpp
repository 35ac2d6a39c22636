#include "debugger/await_program.h"

#include "triage/wildcard.h"
#include "win32/error.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <windows.h>

#include <tlhelp32.h>

#include <algorithm>
#include <map>

namespace catcher {
namespace {

using Clock = std::chrono::steady_clock;

// Windows tells of new processes only through WMI (COM, a service, seconds of delay), ETW (administrators) or a driver:
// for a program that is to be caught at its beginning, looking often is better than being told late.
constexpr std::chrono::milliseconds kInterval{20};

// When it was born; 0 when we may not ask. An id alone is used again at once.
using Births = std::map<std::uint32_t, std::uint64_t>;

// Nothing for a process that is gone: it is still in the list when nobody can open it any more.
std::optional<std::uint64_t> birth_of(std::uint32_t pid) {
  const UniqueHandle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
  if (!process) {
    return GetLastError() == ERROR_ACCESS_DENIED ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  if (GetProcessTimes(process.get(), &created, &ended, &kernel, &user) == 0) {
    return 0;
  }
  return (std::uint64_t{created.dwHighDateTime} << 32U) | created.dwLowDateTime;
}

// Those with this file name that run now.
Births find_programs(std::string_view name) {
  const UniqueFile snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));  // INVALID_HANDLE_VALUE like a file
  if (!snapshot) {
    throw last_win32_error("CreateToolhelp32Snapshot");
  }
  Births found;
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more != 0; more = Process32NextW(snapshot.get(), &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId() ||
        !matches_wildcard(to_utf8(static_cast<const wchar_t*>(entry.szExeFile)), name)) {
      continue;
    }
    if (const auto birth = birth_of(entry.th32ProcessID)) {
      found.emplace(entry.th32ProcessID, *birth);
    }
  }
  return found;
}

// False when `wake` was set meanwhile.
bool pause(HANDLE wake, std::chrono::milliseconds time) {
  const auto milliseconds = static_cast<DWORD>(std::max<long long>(time.count(), 0));
  if (wake == nullptr) {
    Sleep(milliseconds);
    return true;
  }
  return WaitForSingleObject(wake, milliseconds) == WAIT_TIMEOUT;
}

}  // namespace

std::optional<std::uint32_t> await_program(std::string_view name, void* wake,
                                           std::optional<Clock::time_point> deadline) {
  const Births before = find_programs(name);
  const auto is_fresh = [&before](const auto& one) {
    const auto known = before.find(one.first);
    return known == before.end() || known->second != one.second;
  };
  for (;;) {
    const auto now = Clock::now();
    if (deadline && now >= *deadline) {
      return std::nullopt;
    }
    const auto left = deadline ? std::chrono::ceil<std::chrono::milliseconds>(*deadline - now) : kInterval;
    if (!pause(wake, std::min(left, kInterval))) {
      return std::nullopt;
    }
    const Births running = find_programs(name);
    const auto fresh = std::find_if(running.begin(), running.end(), is_fresh);
    if (fresh != running.end()) {
      return fresh->first;
    }
  }
}

}  // namespace catcher
