#include "debugger/leftover_handles.h"

namespace catcher {
namespace {

bool is_open(HANDLE handle) noexcept {
  DWORD flags = 0;
  return handle != nullptr && GetHandleInformation(handle, &flags) != 0;
}

}  // namespace

void close_leftover(const Thread& thread) noexcept {
  if (is_open(thread.handle) && GetThreadId(thread.handle) == thread.tid) {
    CloseHandle(thread.handle);
  }
}

void close_leftovers(const Process& process) noexcept {
  for (const auto& [tid, thread] : process.threads) {
    close_leftover(thread);
  }
  if (is_open(process.handle) && GetProcessId(process.handle) == process.pid) {
    CloseHandle(process.handle);
  }
}

}  // namespace catcher
