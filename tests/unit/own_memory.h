#pragma once

#include <catcher/address.h>

// Before the other Windows headers.
#include <windows.h>

#include <bit>

#include "debugger/memory_reader.h"

namespace catcher {

// The memory of the test itself, read as a debuggee's is.
class OwnMemory final : public MemoryReader {
 public:
  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    SIZE_T count = 0;
    const auto* source = std::bit_cast<const void*>(from.value);
    return ReadProcessMemory(GetCurrentProcess(), source, into.data(), into.size(), &count) != 0 ? count : 0;
  }
};

inline Address address_of(const void* pointer) {
  return {std::bit_cast<std::uint64_t>(pointer)};
}

}  // namespace catcher
