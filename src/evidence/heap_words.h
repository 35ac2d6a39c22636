#pragma once

#include <catcher/address.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "debugger/memory_reader.h"

namespace catcher {

// A piece of a debuggee's memory as a row of its pointers, read at once: a call costs more than its bytes.
template <std::size_t kCount>
class PointerWords {
 public:
  PointerWords(const MemoryReader& memory, Address at, bool is_64_bit) : width_(is_64_bit ? 8 : 4) {
    got_ = memory.read(at, std::span(bytes_).first(kCount * width_)) / width_;
  }

  // How many could be read.
  std::size_t size() const { return got_; }

  std::uint64_t operator[](std::size_t index) const {
    std::uint64_t word = 0;
    if (index < got_) {
      std::memcpy(&word, bytes_.data() + index * width_, width_);
    }
    return word;
  }

 private:
  std::array<std::byte, kCount * 8> bytes_{};
  std::size_t width_;
  std::size_t got_ = 0;
};

}  // namespace catcher
