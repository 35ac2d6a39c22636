#include "debugger/process_memory.h"

#include "win32/dynamic_function.h"

#include <algorithm>

namespace catcher {
namespace {

constexpr std::uint64_t kPageSize = 0x1000;

void* to_pointer(Address address) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address.value));
}

// The write alone, where the OS lets a debugger write to code as it is: WriteProcessMemory looks the protection up and
// changes it there and back, which costs three times as much again.
bool write_plainly(HANDLE process, Address at, std::span<const std::byte> bytes) noexcept {
  using WriteVirtualMemory = LONG NTAPI(HANDLE, void*, const void*, SIZE_T, SIZE_T*);
  auto* const write = find_function<WriteVirtualMemory>(L"ntdll.dll", "NtWriteVirtualMemory");
  SIZE_T done = 0;
  return write != nullptr && write(process, to_pointer(at), bytes.data(), bytes.size(), &done) >= 0 &&
         done == bytes.size();
}

}  // namespace

std::size_t ProcessMemory::read_raw(Address from, std::span<std::byte> into) const noexcept {
  SIZE_T done = 0;
  if (ReadProcessMemory(process_, to_pointer(from), into.data(), into.size(), &done) != 0) {
    return done;
  }
  // All or nothing is what the API promises; take the readable beginning page by page.
  std::size_t total = 0;
  while (total < into.size()) {
    const Address at = from + total;
    const std::size_t chunk = std::min<std::size_t>(into.size() - total, kPageSize - at.value % kPageSize);
    if (chunk == into.size() || ReadProcessMemory(process_, to_pointer(at), into.data() + total, chunk, &done) == 0 ||
        done != chunk) {
      break;
    }
    total += chunk;
  }
  return total;
}

std::size_t ProcessMemory::read(Address from, std::span<std::byte> into) const noexcept {
  const std::size_t got = into.empty() ? 0 : read_raw(from, into);
  for (auto it = masked_.lower_bound(from); it != masked_.end() && it->first - from < got; ++it) {
    into[it->first - from] = it->second;
  }
  return got;
}

bool ProcessMemory::write_code(Address at, std::span<const std::byte> code) noexcept {
  SIZE_T done = 0;
  if (!write_plainly(process_, at, code) &&
      WriteProcessMemory(process_, to_pointer(at), code.data(), code.size(), &done) == 0) {
    return false;
  }
  FlushInstructionCache(process_, to_pointer(at), code.size());
  return true;
}

}  // namespace catcher
