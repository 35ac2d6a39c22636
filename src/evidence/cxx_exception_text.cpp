#include "evidence/cxx_exception_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "evidence/symbol_text.h"

namespace catcher {
namespace {

constexpr std::size_t kLongestMessage = 1024;

}  // namespace

std::string read_text(const MemoryReader& memory, Address at, std::size_t limit) {
  std::string text;
  std::array<std::byte, 256> chunk{};
  while (at && text.size() < limit) {
    const std::size_t wanted = std::min(chunk.size(), limit - text.size());
    const std::size_t got = memory.read(at + text.size(), {chunk.data(), wanted});
    for (std::size_t i = 0; i < got; ++i) {
      if (chunk[i] == std::byte{0}) {
        return text;
      }
      text.push_back(static_cast<char>(chunk[i]));
    }
    if (got < wanted) {
      return text;
    }
  }
  return text;
}

std::string read_message(const MemoryReader& memory, Address at) {
  return printable(read_text(memory, at, kLongestMessage), kLongestMessage);
}

Address read_address(const MemoryReader& memory, Address at, bool is_64_bit) {
  if (is_64_bit) {
    return {read_value<std::uint64_t>(memory, at).value_or(0)};
  }
  return {read_value<std::uint32_t>(memory, at).value_or(0)};
}

}  // namespace catcher
