#pragma once

#include <catcher/address.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace catcher {

// Where a debuggee's memory is read from. Everything that decodes a debuggee takes this instead of a process handle, so
// that it can be tested on bytes that no process ever held.
class MemoryReader {
 public:
  virtual ~MemoryReader() = default;

  // Fills the beginning of `into` with what is readable from `from` on, and returns how many bytes that was; what lies
  // behind the first unreadable page is not read. Never throws.
  virtual std::size_t read(Address from, std::span<std::byte> into) const noexcept = 0;
};

// A value at an address; nothing when not every byte of it is readable.
template <typename T>
std::optional<T> read_value(const MemoryReader& memory, Address from) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::array<std::byte, sizeof(T)> bytes{};
  if (memory.read(from, bytes) != bytes.size()) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace catcher
