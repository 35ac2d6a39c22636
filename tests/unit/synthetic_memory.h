#pragma once

#include <catcher/address.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string_view>
#include <vector>

#include "debugger/memory_reader.h"

namespace catcher {

// A debuggee's memory that no process ever held: blocks of bytes at chosen addresses, everything else unreadable.
class SyntheticMemory final : public MemoryReader {
 public:
  void put_bytes(Address at, std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) {
      bytes_[at] = static_cast<std::byte>(byte);
      at = at + 1;
    }
  }

  template <typename T>
  void put(Address at, const T& value) {
    std::array<std::byte, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes_[at + i] = bytes[i];
    }
  }

  // The text and its terminating zero.
  void put_text(Address at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      bytes_[at + i] = static_cast<std::byte>(text[i]);
    }
    bytes_[at + text.size()] = std::byte{0};
  }

  void fill(Address at, std::size_t size, unsigned value = 0) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes_[at + i] = static_cast<std::byte>(value);
    }
  }

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    std::size_t count = 0;
    for (auto byte = bytes_.find(from); count < into.size() && byte != bytes_.end() && byte->first == from + count;
         ++byte) {
      into[count++] = byte->second;
    }
    return count;
  }

 private:
  std::map<Address, std::byte> bytes_;
};

}  // namespace catcher
