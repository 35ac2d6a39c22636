#include "evidence/thread_stack.h"

#include <windows.h>

#include <bit>

#include "win32/dynamic_function.h"

namespace catcher {
namespace {

// Offsets in the TEB (winternl.h documents NT_TIB; DeallocationStack is in Microsoft's public symbols and has never
// moved).
struct TebLayout {
  std::uint64_t stack_base;
  std::uint64_t stack_limit;
  std::uint64_t deallocation_stack;
};

constexpr TebLayout kTeb64{0x08, 0x10, 0x1478};
constexpr TebLayout kTeb32{0x04, 0x08, 0xE0C};

// THREAD_BASIC_INFORMATION, information class 0 of NtQueryInformationThread.
struct ThreadBasicInformation {
  LONG exit_status;
  void* teb;
  void* process_id;
  void* thread_id;
  ULONG_PTR affinity;
  LONG priority;
  LONG base_priority;
};

std::optional<Address> read_pointer(const MemoryReader& memory, Address from, bool is_64_bit) {
  if (is_64_bit) {
    const auto value = read_value<std::uint64_t>(memory, from);
    return value ? std::optional(Address{*value}) : std::nullopt;
  }
  const auto value = read_value<std::uint32_t>(memory, from);
  return value ? std::optional(Address{*value}) : std::nullopt;
}

}  // namespace

Address teb_of_thread(void* thread) {
  using Query = LONG WINAPI(HANDLE, int, void*, ULONG, ULONG*);
  const auto query = find_function<Query>(L"ntdll.dll", "NtQueryInformationThread");
  ThreadBasicInformation info{};
  if (query == nullptr || query(thread, 0, &info, sizeof info, nullptr) < 0) {
    return {};
  }
  return {std::bit_cast<std::uint64_t>(info.teb)};
}

Address teb32_of(const MemoryReader& memory, Address teb) {
  // Under WOW64 the first field of the 64-bit TEB, the exception list that 64-bit code has no use for, points at it.
  const std::uint64_t teb32 = read_value<std::uint64_t>(memory, teb).value_or(0);
  return teb32 <= 0xFFFF'FFFF ? Address{teb32} : Address{};
}

std::optional<ThreadStack> read_thread_stack(const MemoryReader& memory, Address teb, std::uint32_t tid,
                                             bool is_64_bit) {
  if (!is_64_bit) {
    teb = teb32_of(memory, teb);
    if (!teb) {
      return std::nullopt;
    }
  }
  const TebLayout& layout = is_64_bit ? kTeb64 : kTeb32;
  const auto base = read_pointer(memory, teb + layout.stack_base, is_64_bit);
  const auto limit = read_pointer(memory, teb + layout.stack_limit, is_64_bit);
  if (!base || !limit || *limit >= *base) {
    return std::nullopt;
  }
  const auto reserve = read_pointer(memory, teb + layout.deallocation_stack, is_64_bit);
  const bool plausible = reserve && *reserve && *reserve <= *limit;
  return ThreadStack{tid, plausible ? *reserve : *limit, *limit, *base};
}

}  // namespace catcher
