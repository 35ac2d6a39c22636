#include "cli/terminal.h"

#include "win32/utf.h"

#include <windows.h>

#include <algorithm>
#include <exception>
#include <string>

namespace catcher {
namespace {

HANDLE handle_of(Stream stream) {
  return GetStdHandle(stream == Stream::kOutput ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
}

bool is_console(HANDLE handle) {
  DWORD mode = 0;
  return GetConsoleMode(handle, &mode) != 0;
}

void write_console(HANDLE console, std::wstring_view text) {
  constexpr std::size_t kChunk = 8192;  // WriteConsoleW fails for more than 64 KiB at once on older Windows
  while (!text.empty()) {
    DWORD done = 0;
    const auto length = static_cast<DWORD>(std::min(text.size(), kChunk));
    if (WriteConsoleW(console, text.data(), length, &done, nullptr) == 0 || done == 0) {
      return;
    }
    text.remove_prefix(done);
  }
}

}  // namespace

void write_text(Stream stream, std::string_view text) noexcept {
  const HANDLE handle = handle_of(stream);
  try {
    if (is_console(handle)) {
      write_console(handle, to_utf16(text));
      return;
    }
  } catch (const std::exception&) {
    return;  // no memory for the conversion
  }
  while (!text.empty()) {
    DWORD done = 0;
    if (WriteFile(handle, text.data(), static_cast<DWORD>(std::min<std::size_t>(text.size(), 1u << 20)), &done,
                  nullptr) == 0 ||
        done == 0) {
      return;
    }
    text.remove_prefix(done);
  }
}

bool is_terminal(Stream stream) noexcept {
  return is_console(handle_of(stream));
}

bool draws_blocks(Stream stream) noexcept {
  return is_console(handle_of(stream)) || GetConsoleOutputCP() == CP_UTF8;
}

bool wants_colour(Stream stream) noexcept {
  return is_terminal(stream) && GetEnvironmentVariableW(L"NO_COLOR", nullptr, 0) == 0;
}

}  // namespace catcher
