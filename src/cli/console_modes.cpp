#include "cli/console_modes.h"

#include <windows.h>

#include <cstddef>

namespace catcher {
namespace {

constexpr std::array<DWORD, 3> kStandard{STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

std::optional<unsigned long> mode_of(HANDLE console) noexcept {
  DWORD mode = 0;
  return GetConsoleMode(console, &mode) != 0 ? std::optional<unsigned long>(mode) : std::nullopt;
}

}  // namespace

ConsoleModes::ConsoleModes() noexcept {
  for (std::size_t i = 0; i < kStandard.size(); ++i) {
    modes_[i] = mode_of(GetStdHandle(kStandard[i]));  // the process's own handle, never closed
  }
}

ConsoleModes::~ConsoleModes() {
  for (std::size_t i = 0; i < kStandard.size(); ++i) {
    const HANDLE console = GetStdHandle(kStandard[i]);
    if (modes_[i] && mode_of(console) != modes_[i]) {
      SetConsoleMode(console, *modes_[i]);
    }
  }
}

}  // namespace catcher
