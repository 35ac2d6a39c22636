#include "debugger/await_program.h"

#include "triage/wildcard.h"
#include "win32/error.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <windows.h>

#include <tlhelp32.h>

#include <algorithm>
#include <set>

namespace catcher {
namespace {

using Clock = std::chrono::steady_clock;

// Windows tells of new processes only through WMI (COM, a service, seconds of delay), ETW (administrators) or a driver:
// for a program that is to be caught at its beginning, looking often is better than being told late.
constexpr std::chrono::milliseconds kInterval{20};

using ProcessIds = std::set<std::uint32_t>;

// Those with this file name that run now.
ProcessIds find_programs(std::string_view name) {
  const UniqueFile snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));  // INVALID_HANDLE_VALUE like a file
  if (!snapshot) {
    throw last_win32_error("CreateToolhelp32Snapshot");
  }
  ProcessIds found;
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more != 0; more = Process32NextW(snapshot.get(), &entry)) {
    if (entry.th32ProcessID != GetCurrentProcessId() &&
        matches_wildcard(to_utf8(static_cast<const wchar_t*>(entry.szExeFile)), name)) {
      found.insert(entry.th32ProcessID);
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
  // Compared with the last look only: an id that was free in between belongs to another process now.
  ProcessIds before = find_programs(name);
  for (;;) {
    const auto now = Clock::now();
    if (deadline && now >= *deadline) {
      return std::nullopt;
    }
    const auto left = deadline ? std::chrono::ceil<std::chrono::milliseconds>(*deadline - now) : kInterval;
    if (!pause(wake, std::min(left, kInterval))) {
      return std::nullopt;
    }
    ProcessIds running = find_programs(name);
    const auto fresh =
        std::find_if(running.begin(), running.end(), [&before](std::uint32_t pid) { return !before.contains(pid); });
    if (fresh != running.end()) {
      return *fresh;
    }
    before = std::move(running);
  }
}

}  // namespace catcher
