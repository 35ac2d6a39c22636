#pragma once

#include "debugger/memory_reader.h"
#include "debugger/module.h"

#include <catcher/address.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace catcher {

// A debuggee's memory made of a few blocks of bytes; everything between them is unreadable.
class BlockMemory final : public MemoryReader {
 public:
  std::vector<std::byte>& block(Address at) { return blocks_[at]; }

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    auto block = blocks_.upper_bound(from);
    if (block == blocks_.begin()) {
      return 0;
    }
    --block;
    const std::uint64_t offset = from - block->first;
    if (offset >= block->second.size()) {
      return 0;
    }
    const std::size_t count = std::min<std::size_t>(into.size(), block->second.size() - offset);
    std::copy_n(block->second.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
    return count;
  }

 private:
  std::map<Address, std::vector<std::byte>> blocks_;
};

// A small AMD64 image made by hand: code at 0x1000, .pdata at 0x3000, unwind data and everything else read-only at
// 0x4000.
class ImageBuilder {
 public:
  static constexpr std::uint32_t kText = 0x1000;
  static constexpr std::uint32_t kPdata = 0x3000;
  static constexpr std::uint32_t kRdata = 0x4000;
  static constexpr std::uint32_t kSize = 0x6000;
  static constexpr std::uint32_t kHeaders = 0x80;  // e_lfanew
  static constexpr std::uint32_t kTimestamp = 0x12345678;

  ImageBuilder() : bytes_(kSize), next_data_(kRdata) {
    put<std::uint16_t>(0, 0x5a4d);
    put<std::uint32_t>(0x3c, kHeaders);
    put<std::uint32_t>(kHeaders, 0x4550);
    put<std::uint16_t>(kHeaders + 4, 0x8664);
    put<std::uint16_t>(kHeaders + 6, 3);  // sections
    put<std::uint32_t>(kHeaders + 8, kTimestamp);
    put<std::uint16_t>(kHeaders + 20, 240);  // size of the optional header
    put<std::uint16_t>(kOptional, 0x20b);
    put<std::uint32_t>(kOptional + 16, kText);
    put<std::uint32_t>(kOptional + 56, kSize);
    put<std::uint32_t>(kOptional + 108, 16);
    section(0, ".text", kText, 0x2000, 0x60000020);
    section(1, ".pdata", kPdata, 0x1000, 0x40000040);
    section(2, ".rdata", kRdata, 0x2000, 0x40000040);
    std::fill(bytes_.begin() + kText, bytes_.begin() + kPdata, std::byte{0x90});
  }

  template <typename T>
  ImageBuilder& put(std::uint32_t rva, T value) {
    std::memcpy(bytes_.data() + rva, &value, sizeof value);
    return *this;
  }

  ImageBuilder& code(std::uint32_t rva, std::initializer_list<unsigned> code) {
    for (const unsigned byte : code) {
      bytes_.at(rva++) = static_cast<std::byte>(byte);
    }
    return *this;
  }

  ImageBuilder& text(std::uint32_t rva, std::string_view text) {
    std::memcpy(bytes_.data() + rva, text.data(), text.size());
    bytes_.at(rva + text.size()) = std::byte{0};
    return *this;
  }

  ImageBuilder& directory(std::uint32_t index, std::uint32_t rva, std::uint32_t size) {
    return put(kOptional + 112 + index * 8, rva).put(kOptional + 116 + index * 8, size);
  }

  // Room for read-only data; returns its RVA.
  std::uint32_t data(std::initializer_list<unsigned> bytes) {
    const std::uint32_t rva = next_data_;
    code(rva, bytes);
    next_data_ = static_cast<std::uint32_t>((rva + bytes.size() + 3) & ~std::size_t{3});
    return rva;
  }

  // A .pdata entry, to be added in ascending order.
  ImageBuilder& function(std::uint32_t begin, std::uint32_t end, std::uint32_t unwind_data) {
    const std::uint32_t rva = kPdata + count_ * 12;
    ++count_;
    directory(3, kPdata, count_ * 12);
    return put(rva, begin).put(rva + 4, end).put(rva + 8, unwind_data);
  }

  const std::vector<std::byte>& bytes() const { return bytes_; }

  static Module module_at(Address base, const char* name = "made.dll") {
    Module module;
    module.base = base;
    module.size = kSize;
    module.timestamp = kTimestamp;
    module.name = name;
    return module;
  }

 private:
  static constexpr std::uint32_t kOptional = kHeaders + 24;

  void section(std::uint32_t index, std::string_view name, std::uint32_t rva, std::uint32_t size,
               std::uint32_t characteristics) {
    const std::uint32_t at = kOptional + 240 + index * 40;
    std::memcpy(bytes_.data() + at, name.data(), name.size());
    put(at + 8, size).put(at + 12, rva).put(at + 36, characteristics);
  }

  std::vector<std::byte> bytes_;
  std::uint32_t next_data_;
  std::uint32_t count_ = 0;
};

}  // namespace catcher
