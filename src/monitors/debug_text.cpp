#include "monitors/debug_text.h"

#include "win32/utf.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace catcher {
namespace {

constexpr std::size_t kPiece = 4096;  // bytes

// Up to the terminating zero, to what cannot be read any more, or to kLongestDebugText units and one.
template <typename Unit>
std::basic_string<Unit> read_units(const MemoryReader& memory, Address from) {
  std::basic_string<Unit> text;
  while (text.size() <= kLongestDebugText) {
    std::array<Unit, kPiece / sizeof(Unit)> piece{};
    const std::size_t got = memory.read(from, std::as_writable_bytes(std::span(piece))) / sizeof(Unit);
    const std::basic_string_view<Unit> read(piece.data(), got);
    const std::size_t end = read.find(Unit{});
    text += read.substr(0, end);
    if (end != read.npos || got < piece.size()) {
      break;
    }
    from = from + kPiece;
  }
  return text;
}

// OutputDebugStringA says text in the code page of the system, many a program UTF-8 all the same.
std::wstring from_narrow(std::string_view text) {
  const int bytes = static_cast<int>(text.size());
  std::wstring wide(text.size(), L'\0');
  const int room = static_cast<int>(wide.size());
  int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), bytes, wide.data(), room);
  if (units == 0) {
    units = MultiByteToWideChar(CP_ACP, 0, text.data(), bytes, wide.data(), room);
  }
  wide.resize(static_cast<std::size_t>(std::max(units, 0)));
  return wide;
}

// In the report each is a line of its own.
std::string without_line_end(std::string text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

// Cuts what is too long; true when it was.
template <typename Unit>
bool cut(std::basic_string<Unit>& text) {
  const bool too_long = text.size() > kLongestDebugText;
  text.resize(std::min(text.size(), kLongestDebugText));
  return too_long;
}

}  // namespace

std::string read_debug_text(const MemoryReader& memory, const DebugString& text) {
  std::wstring wide;
  bool is_cut = false;
  if (text.is_unicode) {
    wide = read_units<wchar_t>(memory, text.text);
    is_cut = cut(wide);
  } else {
    std::string narrow = read_units<char>(memory, text.text);
    is_cut = cut(narrow);
    wide = from_narrow(narrow);
  }
  std::string result = to_utf8(wide);
  return is_cut ? result + " [cut]" : without_line_end(std::move(result));
}

}  // namespace catcher
