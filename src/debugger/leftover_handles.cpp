#include "debugger/leftover_handles.h"

namespace catcher {

void close_leftover(const Thread& thread) noexcept {
  if (thread.handle != nullptr && GetThreadId(thread.handle) == thread.tid) {
    CloseHandle(thread.handle);
  }
}

void close_leftovers(const Process& process) noexcept {
  for (const auto& [tid, thread] : process.threads) {
    close_leftover(thread);
  }
  if (process.handle != nullptr && GetProcessId(process.handle) == process.pid) {
    CloseHandle(process.handle);
  }
}

}  // namespace catcher
