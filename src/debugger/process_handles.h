#pragma once

#include <windows.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// What stands behind a handle value of another process.
struct RemoteHandle {
  bool is_open = false;
  std::string type;  // "Semaphore"; empty where the OS does not tell
  std::string name;  // full name, only when asked for; never that of a file: asking may wait for its owner
};

// `process` needs PROCESS_DUP_HANDLE and stays the caller's.
RemoteHandle look_at_handle(HANDLE process, std::uint64_t value, bool with_name);

// The process that a handle of another one stands for; 0 when that cannot be told. `process` as above.
std::uint32_t pid_behind(HANDLE process, std::uint64_t value);

// The values of all handles that a process has open now; nothing where the OS does not tell.
std::optional<std::vector<std::uint64_t>> open_handles(std::uint32_t pid);

}  // namespace catcher
