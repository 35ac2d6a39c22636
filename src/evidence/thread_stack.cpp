#include "evidence/thread_stack.h"

#include <windows.h>

#include <bit>
#include <cstring>
#include <vector>

#include "win32/dynamic_function.h"

namespace catcher {
namespace {

// Offsets in the TEB (winternl.h documents NT_TIB; DeallocationStack is in Microsoft's public symbols and has never
// moved).
struct TebLayout {
  std::size_t stack_base;
  std::size_t stack_limit;
  std::size_t deallocation_stack;
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

// One read for all of the fields: each stops the process.
std::vector<std::byte> read_teb(const MemoryReader& memory, Address teb, std::size_t size) {
  std::vector<std::byte> bytes(size);
  bytes.resize(memory.read(teb, bytes));
  return bytes;
}

Address pointer_at(const std::vector<std::byte>& bytes, std::size_t offset, std::size_t width) {
  std::uint64_t value = 0;
  if (offset + width <= bytes.size()) {
    std::memcpy(&value, bytes.data() + offset, width);
  }
  return {value};
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
  const std::size_t width = is_64_bit ? 8 : 4;
  const auto bytes = read_teb(memory, teb, layout.deallocation_stack + width);
  const Address base = pointer_at(bytes, layout.stack_base, width);
  const Address limit = pointer_at(bytes, layout.stack_limit, width);
  if (!limit || limit >= base) {
    return std::nullopt;
  }
  const Address reserve = pointer_at(bytes, layout.deallocation_stack, width);
  const bool plausible = reserve && reserve <= limit;
  return ThreadStack{tid, plausible ? reserve : limit, limit, base};
}

}  // namespace catcher
