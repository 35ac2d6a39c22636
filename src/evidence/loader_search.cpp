#include "evidence/loader_search.h"

#include <windows.h>

#include <algorithm>

#include "triage/path_name.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

namespace catcher {
namespace {

class DiskImageFile final : public ImageFile {
 public:
  explicit DiskImageFile(UniqueFile file) : file_(std::move(file)) {}

  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const noexcept override {
    OVERLAPPED where{};
    where.Offset = static_cast<DWORD>(offset & 0xFFFFFFFF);
    where.OffsetHigh = static_cast<DWORD>(offset >> 32U);
    const auto wanted = static_cast<DWORD>(std::min<std::size_t>(into.size(), 1U << 20U));
    DWORD count = 0;
    return ReadFile(file_.get(), into.data(), wanted, &count, &where) != 0 ? count : 0;
  }

 private:
  UniqueFile file_;
};

// Calls one of the GetXDirectoryW family, which all say how much room they want when it was not enough.
template <typename Get>
std::string directory_by(Get get) {
  std::wstring text(MAX_PATH, L'\0');
  for (int attempt = 0; attempt < 3; ++attempt) {
    const DWORD length = get(text.data(), static_cast<DWORD>(text.size()));
    if (length < text.size()) {
      text.resize(length);
      return to_utf8(text);
    }
    text.resize(length + 1U);
  }
  return {};
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> directories;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(';'), path.size());
    std::string directory(path.substr(0, end));
    std::erase(directory, '"');
    if (!directory.empty()) {
      directories.push_back(std::move(directory));
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return directories;
}

}  // namespace

std::unique_ptr<ImageFile> DiskImageFiles::open(const std::string& path) const {
  const std::wstring wide = to_utf16(path);
  const DWORD attributes = GetFileAttributesW(wide.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return nullptr;
  }
  constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  UniqueFile file(CreateFileW(wide.c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING, 0, nullptr));
  return file ? std::make_unique<DiskImageFile>(std::move(file)) : nullptr;
}

LoaderSearch loader_search(const std::string& program, bool is_64_bit) {
  LoaderSearch search;
  search.application_directory = directory_of(program);
  search.system_directory = directory_by([is_64_bit](wchar_t* buffer, DWORD size) {
    return is_64_bit ? GetSystemDirectoryW(buffer, size) : GetSystemWow64DirectoryW(buffer, size);
  });
  search.windows_directory =
      directory_by([](wchar_t* buffer, DWORD size) { return GetWindowsDirectoryW(buffer, size); });
  search.current_directory =
      directory_by([](wchar_t* buffer, DWORD size) { return GetCurrentDirectoryW(size, buffer); });
  search.path = split_path(
      directory_by([](wchar_t* buffer, DWORD size) { return GetEnvironmentVariableW(L"PATH", buffer, size); }));
  return search;
}

std::string explain_start_failure(const std::string& program, bool is_64_bit, std::uint32_t status) {
  const auto kind = missing_kind(status);
  if (!kind || program.empty()) {
    return {};
  }
  const auto missing = find_missing_import(DiskImageFiles(), loader_search(program, is_64_bit), program, *kind);
  return missing ? describe(*missing) : std::string();
}

}  // namespace catcher
