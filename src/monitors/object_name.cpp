#include "monitors/object_name.h"

#include "win32/utf.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace catcher {
namespace {

// Names longer than this are cut.
constexpr std::size_t kLongestName = 300;

}  // namespace

std::string read_object_name(const MemoryReader& memory, Address attributes) {
  // OBJECT_ATTRIBUTES and UNICODE_STRING of 64-bit code.
  struct UnicodeString {
    std::uint16_t bytes;
    std::uint16_t room;
    std::uint64_t text;
  };
  constexpr std::uint64_t kObjectName = 16;
  const auto at = attributes ? read_value<std::uint64_t>(memory, attributes + kObjectName) : std::nullopt;
  const auto string = at.value_or(0) != 0 ? read_value<UnicodeString>(memory, Address{*at}) : std::nullopt;
  if (!string || string->text == 0) {
    return {};
  }
  std::array<wchar_t, kLongestName> text{};
  const std::size_t length = std::min<std::size_t>(string->bytes / sizeof(wchar_t), text.size());
  const std::size_t got =
      memory.read(Address{string->text}, std::as_writable_bytes(std::span(text).first(length))) / sizeof(wchar_t);
  return to_utf8({text.data(), got});
}

}  // namespace catcher
