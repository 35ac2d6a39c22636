#include "debugger/detach.h"

#include "debugger/thread_context.h"
#include "win32/patient_calls.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace catcher {
namespace {

constexpr auto kFailed = static_cast<DWORD>(-1);

UniqueHandle own_handle(HANDLE thread) {
  HANDLE duplicate = nullptr;
  DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS);
  return UniqueHandle(duplicate);
}

using Contexts = std::vector<std::optional<ThreadContext>>;

// Nothing of a thread that is stuck inside the system, which will run into no breakpoint either, nor where there is no
// handle.
Contexts read_contexts(std::vector<HANDLE> threads, bool wow64_code) {
  constexpr std::chrono::seconds kTime{2};
  const std::size_t count = threads.size();
  return call_patiently<ThreadContext>(count,
                                       [threads = std::move(threads), wow64_code](std::size_t i) {
                                         return threads[i] != nullptr ? ThreadContext::read(threads[i], wow64_code)
                                                                      : std::nullopt;
                                       },
                                       {std::chrono::steady_clock::now() + kTime});
}

// A breakpoint instruction is one byte long, and nothing of ours starts at the byte behind it.
bool stands_behind_removed(const BreakpointTable& breakpoints, const std::optional<ThreadContext>& context) {
  return context && breakpoints.was_removed(context->instruction_pointer() - 1);
}

}  // namespace

HaltedThreads::HaltedThreads(const Process& process) {
  threads_.reserve(process.threads.size());
  for (const auto& [tid, thread] : process.threads) {
    suspend(thread);
  }
  await(0);
}

HaltedThreads::~HaltedThreads() {
  for (const Halted& thread : threads_) {
    if (!thread.runs) {
      ResumeThread(thread.handle.get());
    }
  }
}

void HaltedThreads::add(const Thread& thread) {
  const std::size_t first = threads_.size();
  suspend(thread);
  await(first);
}

void HaltedThreads::suspend(const Thread& thread) {
  UniqueHandle own = own_handle(thread.handle);
  if (own && SuspendThread(own.get()) != kFailed) {
    threads_.push_back({thread.tid, std::move(own)});
  }
}

// SuspendThread only asks for it; to read the registers is to wait for it.
void HaltedThreads::await(std::size_t first) {
  const Contexts contexts = read_contexts(handles_from(first), false);
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    threads_[first + i].is_stuck = !contexts[i];
  }
}

std::vector<HANDLE> HaltedThreads::handles_from(std::size_t first) const {
  std::vector<HANDLE> handles;
  for (std::size_t i = first; i < threads_.size(); ++i) {
    handles.push_back(threads_[i].is_stuck ? nullptr : threads_[i].handle.get());
  }
  return handles;
}

bool HaltedThreads::let_due_events_come(const Process& process) {
  const bool has_32_bit_code = process.state.bits == 32 && sizeof(void*) == 8;
  const Contexts native = read_contexts(handles_from(0), false);
  const Contexts wow64 = has_32_bit_code ? read_contexts(handles_from(0), true) : Contexts(threads_.size());
  bool due = false;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Halted& thread = threads_[i];
    const bool is_due =
        stands_behind_removed(process.breakpoints, native[i]) || stands_behind_removed(process.breakpoints, wow64[i]);
    if (is_due && !thread.runs) {
      thread.runs = true;
      ResumeThread(thread.handle.get());
    }
    due = due || is_due;
  }
  return due;
}

void LeavingProcesses::add(Process& process) {
  if (threads_of(process) == nullptr) {
    leaving_.push_back({&process, HaltedThreads(process)});
    process.breakpoints.remove_all(process.memory);
  }
}

HaltedThreads* LeavingProcesses::threads_of(const Process& process) {
  const auto found = std::ranges::find(leaving_, &process, [](const Leaving& leaving) { return leaving.process; });
  return found == leaving_.end() ? nullptr : &found->threads;
}

bool LeavingProcesses::let_due_events_come() {
  bool due = false;
  for (Leaving& leaving : leaving_) {
    due = (leaving.process->alive() && leaving.threads.let_due_events_come(*leaving.process)) || due;
  }
  return due;
}

}  // namespace catcher
