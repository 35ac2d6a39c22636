#include "evidence/wait_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace catcher {
namespace {

constexpr std::size_t kInnermostFrames = 24;

struct WaitRow {
  std::string_view function;  // without the A or W of its two versions, without arguments
  WaitKind kind;
};

// The most telling kinds first: the order decides when several are on one stack.
constexpr std::array<WaitRow, 48> kWaits{{
    {"RtlEnterCriticalSection", WaitKind::kCriticalSection},
    {"RtlpEnterCriticalSectionContended", WaitKind::kCriticalSection},
    {"RtlpWaitOnCriticalSection", WaitKind::kCriticalSection},
    {"RtlpWaitForCriticalSection", WaitKind::kCriticalSection},
    {"EnterCriticalSection", WaitKind::kCriticalSection},
    {"RtlAcquireSRWLockExclusive", WaitKind::kSrwLock},
    {"RtlAcquireSRWLockShared", WaitKind::kSrwLock},
    {"AcquireSRWLockExclusive", WaitKind::kSrwLock},
    {"AcquireSRWLockShared", WaitKind::kSrwLock},
    {"SleepConditionVariableCS", WaitKind::kConditionVariable},
    {"SleepConditionVariableSRW", WaitKind::kConditionVariable},
    {"RtlSleepConditionVariableCS", WaitKind::kConditionVariable},
    {"RtlSleepConditionVariableSRW", WaitKind::kConditionVariable},
    {"MessageBox", WaitKind::kDialog},
    {"MessageBoxEx", WaitKind::kDialog},
    {"MessageBoxIndirect", WaitKind::kDialog},
    {"MessageBoxTimeout", WaitKind::kDialog},
    {"DialogBoxParam", WaitKind::kDialog},
    {"DialogBoxIndirectParam", WaitKind::kDialog},
    {"NtRaiseHardError", WaitKind::kDialog},
    {"GetMessage", WaitKind::kMessage},
    {"NtUserGetMessage", WaitKind::kMessage},
    {"WaitMessage", WaitKind::kMessage},
    {"NtUserWaitMessage", WaitKind::kMessage},
    {"MsgWaitForMultipleObjects", WaitKind::kMessage},
    {"MsgWaitForMultipleObjectsEx", WaitKind::kMessage},
    {"NtUserMsgWaitForMultipleObjectsEx", WaitKind::kMessage},
    {"NtWaitForWorkViaWorkerFactory", WaitKind::kWork},
    {"NtRemoveIoCompletion", WaitKind::kWork},
    {"NtRemoveIoCompletionEx", WaitKind::kWork},
    {"Sleep", WaitKind::kSleep},
    {"SleepEx", WaitKind::kSleep},
    {"NtDelayExecution", WaitKind::kSleep},
    {"ReadFile", WaitKind::kIo},
    {"WriteFile", WaitKind::kIo},
    {"NtReadFile", WaitKind::kIo},
    {"NtWriteFile", WaitKind::kIo},
    {"NtFsControlFile", WaitKind::kIo},
    {"NtDeviceIoControlFile", WaitKind::kIo},
    {"WaitForSingleObject", WaitKind::kObject},
    {"WaitForSingleObjectEx", WaitKind::kObject},
    {"WaitForMultipleObjects", WaitKind::kObject},
    {"WaitForMultipleObjectsEx", WaitKind::kObject},
    {"NtWaitForSingleObject", WaitKind::kObject},
    {"NtWaitForMultipleObjects", WaitKind::kObject},
    {"WaitOnAddress", WaitKind::kAddress},
    {"RtlWaitOnAddress", WaitKind::kAddress},
    {"NtWaitForAlertByThreadId", WaitKind::kAddress},
}};

// A thread that runs normally has none of these on its stack.
constexpr std::array<std::string_view, 7> kLoader{"LdrLoadDll",        "LdrUnloadDll",        "LdrInitializeThunk",
                                                  "LdrpInitialize",    "LdrpCallInitRoutine", "LdrpInitializeProcess",
                                                  "LdrShutdownProcess"};

// "ns::f(int)" and "MessageBoxW" both without what varies.
std::string_view bare_name(std::string_view function) {
  return function.substr(0, function.find('('));
}

bool is_function(std::string_view function, std::string_view name) {
  const std::string_view bare = bare_name(function);
  const bool ansi_or_wide = bare.size() == name.size() + 1 && (bare.back() == 'A' || bare.back() == 'W');
  return bare.substr(0, name.size()) == name && (bare.size() == name.size() || ansi_or_wide);
}

bool is_system_service(std::string_view function) {
  const std::string_view prefix = function.substr(0, 2);
  return (prefix == "Nt" || prefix == "Zw") && function.size() > 2 && function[2] >= 'A' && function[2] <= 'Z';
}

}  // namespace

WaitKind wait_kind(const Stack& stack) {
  const std::size_t depth = std::min(stack.frames.size(), kInnermostFrames);
  for (const WaitRow& row : kWaits) {
    for (std::size_t i = 0; i < depth; ++i) {
      if (is_function(stack.frames[i].function, row.function)) {
        return row.kind;
      }
    }
  }
  const bool in_service = depth > 0 && is_system_service(stack.frames.front().function);
  return in_service ? WaitKind::kSystemCall : WaitKind::kNone;
}

bool is_in_loader(const Stack& stack) {
  return std::any_of(stack.frames.begin(), stack.frames.end(), [](const Frame& frame) {
    return std::find(kLoader.begin(), kLoader.end(), bare_name(frame.function)) != kLoader.end();
  });
}

std::string_view describe(WaitKind kind) {
  switch (kind) {
    case WaitKind::kNone:
      return "runs";
    case WaitKind::kCriticalSection:
      return "waits for a critical section";
    case WaitKind::kSrwLock:
      return "waits for an SRW lock";
    case WaitKind::kConditionVariable:
      return "waits for a condition variable";
    case WaitKind::kDialog:
      return "shows a dialog and waits for an answer";
    case WaitKind::kMessage:
      return "waits for a window message";
    case WaitKind::kSleep:
      return "sleeps";
    case WaitKind::kWork:
      return "waits for work";
    case WaitKind::kIo:
      return "waits for input or output";
    case WaitKind::kObject:
      return "waits for a kernel object";
    case WaitKind::kAddress:
      return "waits to be woken by another thread";
    case WaitKind::kSystemCall:
      break;
  }
  return "is in a system call";
}

bool is_in_system_call(const MemoryReader& memory, const Registers& registers) {
  using Bytes = std::array<std::uint8_t, 8>;  // seven before the instruction pointer, one at it
  const auto bytes = read_value<Bytes>(memory, Address{registers.ip} - 7);
  if (!bytes) {
    return false;
  }
  const auto before = [&](std::size_t back) { return (*bytes)[7 - back]; };
  const bool syscall = before(2) == 0x0F && before(1) == 0x05;
  const bool interrupt = before(2) == 0xCD && before(1) == 0x2E;
  if (registers.is_64_bit) {
    return syscall || interrupt;
  }
  // 32-bit code reaches the kernel through a call into the 64-bit half: call edx, call [address], call fs:[0C0h].
  const bool returns = (*bytes)[7] == 0xC3 || (*bytes)[7] == 0xC2;
  const bool call_edx = before(2) == 0xFF && before(1) == 0xD2;
  const bool call_memory = before(6) == 0xFF && before(5) == 0x15;
  return interrupt || (returns && (call_edx || call_memory));
}

}  // namespace catcher
