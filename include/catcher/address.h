#pragma once

#include <compare>
#include <cstdint>

namespace catcher {

/// A virtual address in a debuggee. Never dereferenced by catcher; a separate type so that it cannot be mixed up with
/// a size, an exception code or a pointer of our own. 32-bit debuggees use the low half.
struct Address {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Address, Address) = default;
  /// The address `bytes` further on; wraps like the processor does.
  friend constexpr Address operator+(Address address, std::uint64_t bytes) { return {address.value + bytes}; }
  /// The address `bytes` before.
  friend constexpr Address operator-(Address address, std::uint64_t bytes) { return {address.value - bytes}; }
  /// The distance in bytes from `from` to `to`; wraps when `to` lies before `from`.
  friend constexpr std::uint64_t operator-(Address to, Address from) { return to.value - from.value; }
  /// False for the null address.
  explicit constexpr operator bool() const { return value != 0; }
};

}  // namespace catcher
