#include "win32/files.h"

#include "win32/error.h"
#include "win32/full_path.h"
#include "win32/unique_handle.h"

#include <algorithm>
#include <exception>

namespace catcher {
namespace {

constexpr DWORD kChunk = 1u << 20;

struct FindCloser {
  // FindFirstFileW's "none" is INVALID_HANDLE_VALUE, and its handle is for FindClose only.
  using pointer = FileHandleCloser::pointer;
  void operator()(pointer find) const noexcept { FindClose(find); }
};
using UniqueFind = std::unique_ptr<void, FindCloser>;

void write_whole(const std::wstring& path, std::string_view content) {
  const UniqueFile file(
      CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    throw last_win32_error("CreateFileW");
  }
  while (!content.empty()) {
    DWORD done = 0;
    const auto size = static_cast<DWORD>(std::min<std::size_t>(content.size(), kChunk));
    if (WriteFile(file.get(), content.data(), size, &done, nullptr) == 0) {
      throw last_win32_error("WriteFile");
    }
    if (done == 0) {
      throw win32_error("WriteFile", ERROR_DISK_FULL);
    }
    content.remove_prefix(done);
  }
}

void remove_entry(const std::wstring& directory, const WIN32_FIND_DATAW& entry) {
  const std::wstring path = directory + L'\\' + static_cast<const wchar_t*>(entry.cFileName);
  if ((entry.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0) {
    SetFileAttributesW(path.c_str(), FILE_ATTRIBUTE_NORMAL);
  }
  if ((entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
    DeleteFileW(path.c_str());
  } else if ((entry.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    RemoveDirectoryW(path.c_str());
  } else {
    remove_contents(path, true);
  }
}

}  // namespace

std::wstring long_path(const std::wstring& full) {
  if (full.starts_with(L"\\\\?\\") || full.starts_with(L"\\\\.\\")) {
    return full;
  }
  return full.starts_with(L"\\\\") ? L"\\\\?\\UNC\\" + full.substr(2) : L"\\\\?\\" + full;
}

std::wstring openable_path(const std::wstring& path) {
  // 260 (MAX_PATH, of which CreateDirectoryW leaves room for a short name), less what a temporary name adds.
  constexpr std::size_t kLongestShort = 220;
  const std::wstring full = full_path(path);
  return full.size() > kLongestShort ? long_path(full) : path;
}

bool is_directory(const std::wstring& path) noexcept {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

namespace {

// The error is taken before anything else is asked: another thread may make the directory above in between.
std::uint32_t make_directory_itself(const std::wstring& path) {
  if (CreateDirectoryW(path.c_str(), nullptr) != 0) {
    return ERROR_SUCCESS;
  }
  const std::uint32_t error = last_error();
  return is_directory(path) ? ERROR_SUCCESS : error;
}

}  // namespace

std::uint32_t make_directories(const std::wstring& path) {
  const std::uint32_t error = make_directory_itself(path);
  const std::size_t slash = path.find_last_of(L'\\');
  if (error != ERROR_PATH_NOT_FOUND || slash == std::wstring::npos || slash == 0) {
    return error;
  }
  if (const std::uint32_t above = make_directories(path.substr(0, slash)); above != ERROR_SUCCESS) {
    return above;
  }
  return make_directory_itself(path);
}

std::string read_file(const std::wstring& path, std::uint64_t most) {
  const UniqueFile file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    throw last_win32_error("CreateFileW");
  }
  std::string content;
  for (DWORD done = kChunk; done != 0;) {
    const std::size_t size = content.size();
    LARGE_INTEGER left{};
    // One more than there is, so that the end is seen by the first read of a file that does not grow.
    const bool known = GetFileSizeEx(file.get(), &left) != 0 && left.QuadPart >= static_cast<LONGLONG>(size);
    if (known && static_cast<std::uint64_t>(left.QuadPart) > most) {
      throw win32_error("ReadFile", ERROR_FILE_TOO_LARGE);
    }
    const auto expected = known ? static_cast<std::size_t>(left.QuadPart) - size + 1 : std::size_t{kChunk};
    content.resize(size + std::clamp<std::size_t>(expected, 1, kChunk));
    if (ReadFile(file.get(), content.data() + size, static_cast<DWORD>(content.size() - size), &done, nullptr) == 0) {
      throw last_win32_error("ReadFile");
    }
    const bool at_end = done < content.size() - size;
    content.resize(size + done);
    if (at_end) {
      break;
    }
  }
  return content;
}

void write_file(const std::wstring& path, std::string_view content) {
  const std::wstring temporary = path + L'.' + std::to_wstring(GetCurrentProcessId()) + L".tmp";
  try {
    write_whole(temporary, content);
    if (MoveFileExW(temporary.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING) == 0) {
      throw last_win32_error("MoveFileExW");
    }
  } catch (const std::system_error&) {
    DeleteFileW(temporary.c_str());
    throw;
  }
}

void remove_contents(const std::wstring& directory, bool itself) noexcept {
  try {
    WIN32_FIND_DATAW entry{};
    const UniqueFind find(
        FindFirstFileExW((directory + L"\\*").c_str(), FindExInfoBasic, &entry, FindExSearchNameMatch, nullptr, 0));
    for (bool more = static_cast<bool>(find); more; more = FindNextFileW(find.get(), &entry) != 0) {
      const std::wstring_view name = static_cast<const wchar_t*>(entry.cFileName);
      if (name != L"." && name != L"..") {
        remove_entry(directory, entry);
      }
    }
  } catch (const std::exception&) {
    // No memory for a name: what is left stays.
  }
  if (itself) {
    RemoveDirectoryW(directory.c_str());
  }
}

}  // namespace catcher
