#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace catcher {

// The bytes of a file that somebody else wrote. Every offset in it is a claim: the functions below clip, and never read
// outside.
using Bytes = std::span<const std::byte>;

// The part of `bytes` from `offset` on, at most `size` long; empty when it lies outside.
inline Bytes slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset >= bytes.size()) {
    return {};
  }
  return bytes.subspan(static_cast<std::size_t>(offset),
                       static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes.size() - offset)));
}

// A little-endian value at `offset`; nothing when not all of it lies inside. (All hosts that catcher runs on are
// little-endian.)
template <typename T>
std::optional<T> value_at(Bytes bytes, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    return std::nullopt;
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// The text at `offset` up to its NUL, the end of the bytes or `limit`, whichever comes first.
inline std::string_view text_at(Bytes bytes, std::uint64_t offset, std::size_t limit = 4096) {
  const Bytes rest = slice(bytes, offset, limit);
  const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace catcher
