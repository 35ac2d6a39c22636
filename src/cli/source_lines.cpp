#include "cli/source_lines.h"

#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <algorithm>
#include <vector>

namespace catcher {
namespace {

constexpr DWORD kMostBytes = 4u << 20;
constexpr std::size_t kLongestLine = 400;

// A path that begins with two slashes of either kind leads to another machine or to a device.
bool leaves_this_machine(const std::wstring& path) {
  const auto is_slash = [](wchar_t c) { return c == L'\\' || c == L'/'; };
  return path.size() >= 2 && is_slash(path[0]) && is_slash(path[1]);
}

std::vector<char> read_file(const std::wstring& path) {
  const UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, 0, nullptr));
  if (!file || GetFileType(file.get()) != FILE_TYPE_DISK) {
    return {};
  }
  LARGE_INTEGER size{};
  if (GetFileSizeEx(file.get(), &size) == 0 || size.QuadPart > kMostBytes) {
    return {};
  }
  std::vector<char> bytes(static_cast<std::size_t>(size.QuadPart));
  DWORD got = 0;
  if (ReadFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &got, nullptr) == 0) {
    return {};
  }
  bytes.resize(got);
  return bytes;
}

}  // namespace

std::optional<std::string> SourceLines::operator()(const std::string& file, std::uint32_t line) const {
  const std::wstring path = to_utf16(file);
  if (line == 0 || leaves_this_machine(path)) {
    return std::nullopt;
  }
  const std::vector<char> bytes = read_file(path);
  auto begin = bytes.begin();
  for (std::uint32_t i = 1; i < line && begin != bytes.end(); ++i) {
    begin = std::find(begin, bytes.end(), '\n');
    begin = begin == bytes.end() ? begin : begin + 1;
  }
  if (begin == bytes.end()) {
    return std::nullopt;
  }
  std::string text(begin, std::find(begin, bytes.end(), '\n'));
  text.resize(std::min(text.size(), kLongestLine));
  if (!text.empty() && text.back() == '\r') {
    text.pop_back();
  }
  return text;
}

}  // namespace catcher
