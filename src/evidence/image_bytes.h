#pragma once

#include "debugger/memory_reader.h"

#include <catcher/address.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace catcher {

// The bytes of one image in a debuggee, by relative virtual address, read in chunks when they are first asked for. An
// image of any size costs only the chunks that were looked at, and never more than a fixed amount of memory.
class ImageBytes {
 public:
  // `size` is where the image ends: nothing behind it is ever read.
  ImageBytes(const MemoryReader& memory, Address base, std::uint64_t size);
  ImageBytes(ImageBytes&&) = default;
  ImageBytes(const ImageBytes&) = delete;
  ImageBytes& operator=(const ImageBytes&) = delete;

  std::uint64_t size() const { return size_; }

  // Fills the beginning of `into` with what is readable from `rva` on; returns how many bytes that was.
  std::size_t read(std::uint64_t rva, std::span<std::byte> into);

  // The value at `rva`; nothing when not every byte of it is readable.
  template <typename T>
  std::optional<T> value(std::uint64_t rva) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::array<std::byte, sizeof(T)> bytes{};
    if (read(rva, bytes) != bytes.size()) {
      return std::nullopt;
    }
    T result;
    std::memcpy(&result, bytes.data(), sizeof result);
    return result;
  }

  // The bytes at `rva` up to a NUL, at most `limit`, as they stand: hostile text.
  std::string text(std::uint64_t rva, std::size_t limit);

 private:
  struct Chunk {
    std::vector<std::byte> bytes;
    std::uint8_t readable_pages = 0;  // a bit a page
  };

  const Chunk& chunk_at(std::uint64_t index);
  Chunk load(std::uint64_t index) const;

  const MemoryReader& memory_;
  Address base_;
  std::uint64_t size_;
  std::unordered_map<std::uint64_t, Chunk> chunks_;
  const Chunk* last_ = nullptr;
  std::uint64_t last_index_ = 0;
};

}  // namespace catcher
