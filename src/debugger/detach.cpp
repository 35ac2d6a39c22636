#include "debugger/detach.h"

#include "debugger/thread_context.h"
#include "win32/patient_calls.h"

#include <chrono>
#include <cstddef>
#include <optional>

namespace catcher {
namespace {

constexpr auto kFailed = static_cast<DWORD>(-1);

UniqueHandle own_handle(HANDLE thread) {
  HANDLE duplicate = nullptr;
  DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS);
  return UniqueHandle(duplicate);
}

// Nothing of a thread that is stuck inside the system: it will run into no breakpoint either.
std::optional<ThreadContext> read_context(HANDLE thread, bool wow64_code) {
  constexpr std::chrono::milliseconds kTime{200};
  const auto read = [thread, wow64_code](std::size_t) { return ThreadContext::read(thread, wow64_code); };
  return call_patiently<ThreadContext>(1, read, {std::chrono::steady_clock::now() + kTime}).front();
}

// A breakpoint instruction is one byte long, and nothing of ours starts at the byte behind it.
bool stands_behind_removed(const BreakpointTable& breakpoints, const std::optional<ThreadContext>& context) {
  return context && breakpoints.was_removed(context->instruction_pointer() - 1);
}

}  // namespace

HaltedThreads::HaltedThreads(const Process& process) {
  threads_.reserve(process.threads.size());
  for (const auto& [tid, thread] : process.threads) {
    add(thread);
  }
}

HaltedThreads::~HaltedThreads() {
  for (const Halted& thread : threads_) {
    if (!thread.runs) {
      ResumeThread(thread.handle.get());
    }
  }
}

void HaltedThreads::add(const Thread& thread) {
  UniqueHandle own = own_handle(thread.handle);
  if (own && SuspendThread(own.get()) != kFailed) {
    // SuspendThread only asks for it; to read the registers is to wait for it.
    threads_.push_back({thread.tid, std::move(own)});
    threads_.back().is_stuck = !read_context(threads_.back().handle.get(), false).has_value();
  }
}

bool HaltedThreads::let_due_events_come(const Process& process) {
  const bool has_32_bit_code = process.state.bits == 32 && sizeof(void*) == 8;
  bool due = false;
  for (Halted& thread : threads_) {
    if (thread.is_stuck) {
      continue;
    }
    const bool is_due =
        stands_behind_removed(process.breakpoints, read_context(thread.handle.get(), false)) ||
        (has_32_bit_code && stands_behind_removed(process.breakpoints, read_context(thread.handle.get(), true)));
    if (is_due && !thread.runs) {
      thread.runs = true;
      ResumeThread(thread.handle.get());
    }
    due = due || is_due;
  }
  return due;
}

}  // namespace catcher
