#include "win32/error.h"

#include "win32/utf.h"

#include <windows.h>

#include <array>

namespace catcher {

std::uint32_t last_error() noexcept {
  return GetLastError();
}

std::system_error win32_error(std::string_view api, std::uint32_t code) {
  return {static_cast<int>(code), std::system_category(), std::string(api)};
}

std::system_error last_win32_error(std::string_view api) {
  return win32_error(api, last_error());
}

std::string describe_win32_error(std::uint32_t code) {
  std::array<wchar_t, 512> text{};
  const DWORD length =
      FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
                     nullptr, code, 0, text.data(), static_cast<DWORD>(text.size()), nullptr);
  std::string message = to_utf8({text.data(), length});
  // What the inserts stand for is a file's name, which whoever shows this text has named already.
  if (const std::size_t insert = message.find("%1"); insert != std::string::npos) {
    message.replace(insert, 2, "it");
  }
  while (!message.empty() && (message.back() == ' ' || message.back() == '.')) {
    message.pop_back();
  }
  return (message.empty() ? std::string("error") : message) + " (" + std::to_string(code) + ")";
}

}  // namespace catcher
