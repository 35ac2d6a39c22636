#include "win32/full_path.h"

#include <windows.h>

namespace catcher {

std::wstring full_path(const std::wstring& path) {
  const DWORD needed = GetFullPathNameW(path.c_str(), 0, nullptr, nullptr);
  std::wstring full(needed, L'\0');
  const DWORD length = GetFullPathNameW(path.c_str(), needed, full.data(), nullptr);
  if (length == 0 || length >= needed) {
    return path;
  }
  full.resize(length);
  constexpr std::size_t kRoot = 3;  // C:\ ...
  while (full.size() > kRoot && full.back() == L'\\') {
    full.pop_back();
  }
  return full;
}

}  // namespace catcher
