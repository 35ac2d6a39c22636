#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace catcher::fuzz {

// Ends the process when a property does not hold; the fuzzer keeps the input that led here.
inline void require(bool holds, std::string_view property) {
  if (!holds) {
    std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(property.size()), property.data());
    std::abort();
  }
}

// Takes values from the front of a fuzzer's bytes. Behind their end everything is zero or empty, so that each input
// means something and a short one stays readable.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const std::byte*>(data), size) {}

  template <typename T>
  T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

  bool flag() { return (take<std::uint8_t>() & 1U) != 0; }

  // A number below `limit`, which fits a byte.
  std::size_t below(std::size_t limit) { return take<std::uint8_t>() % limit; }

  // One of the enumerators from 0 to `last`.
  template <typename Enum>
  Enum one_of(Enum last) {
    return static_cast<Enum>(below(static_cast<std::size_t>(last) + 1));
  }

  // A length, one byte, and that many bytes.
  std::string text() {
    const std::size_t size = std::min<std::size_t>(take<std::uint8_t>(), rest_.size());
    const std::string text(reinterpret_cast<const char*>(rest_.data()), size);
    rest_ = rest_.subspan(size);
    return text;
  }

  std::vector<std::byte> bytes(std::size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }

  std::span<const std::byte> rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

// The bytes as text.
inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The bytes as UTF-16 units, little-endian, as Windows hands them out.
inline std::wstring as_utf16(const std::uint8_t* data, std::size_t size) {
  std::wstring units;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    units.push_back(static_cast<wchar_t>(data[i] | data[i + 1] << 8));
  }
  return units;
}

}  // namespace catcher::fuzz
