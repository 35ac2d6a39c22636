#pragma once

#include <catcher/address.h>

// Before the other Windows headers.
#include <windows.h>

#include <algorithm>
#include <bit>

#include "debugger/memory_reader.h"

namespace catcher {

// The memory of the test itself, read as a debuggee's is.
class OwnMemory final : public MemoryReader {
 public:
  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    constexpr std::size_t kPage = 0x1000;
    std::size_t done = 0;
    while (done < into.size()) {
      const std::size_t size = std::min(kPage - (from.value + done) % kPage, into.size() - done);
      const auto* source = std::bit_cast<const void*>(from.value + done);
      SIZE_T count = 0;
      if (ReadProcessMemory(GetCurrentProcess(), source, into.data() + done, size, &count) == 0) {
        break;
      }
      done += count;
    }
    return done;
  }
};

inline Address address_of(const void* pointer) {
  return {std::bit_cast<std::uint64_t>(pointer)};
}

}  // namespace catcher
