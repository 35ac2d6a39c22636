#include "sweep/work_directory.h"

#include "triage/sha256.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/unique_handle.h"

#include <utility>

namespace catcher {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;
constexpr std::size_t kInMemory = std::size_t{8} << 20;
constexpr std::size_t kHashBytes = 16;

// What a program may tell the kind of a file by. Without blanks, so that no command line needs quotes because of it.
std::wstring extension_of(const std::wstring& path) {
  constexpr std::size_t kLongest = 32;
  const std::size_t dot = path.find_last_of(L".\\");
  if (dot == std::wstring::npos || path[dot] != L'.' || path.size() - dot > kLongest ||
      path.find_first_of(L" \t", dot) != std::wstring::npos) {
    return {};
  }
  return path.substr(dot);
}

// Shared with everybody: the copy of the run before may still be open as the standard input of a process that is
// ending.
UniqueFile create(const std::wstring& path) {
  UniqueFile file(CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    throw last_win32_error("CreateFileW");
  }
  return file;
}

void write(HANDLE file, std::string_view bytes) {
  DWORD done = 0;
  if (WriteFile(file, bytes.data(), static_cast<DWORD>(bytes.size()), &done, nullptr) == 0) {
    throw last_win32_error("WriteFile");
  }
  if (done != bytes.size()) {
    throw win32_error("WriteFile", ERROR_DISK_FULL);
  }
}

}  // namespace

WorkDirectory::WorkDirectory(std::wstring path) : path_(std::move(path)), buffer_(kBuffer, '\0') {
  if (const std::uint32_t error = make_directories(path_); error != ERROR_SUCCESS) {
    throw win32_error("CreateDirectoryW", error);
  }
  clean();
}

WorkDirectory::~WorkDirectory() {
  remove_contents(path_, true);
}

InputCopy WorkDirectory::take(const std::wstring& from) {
  const UniqueFile source(CreateFileW(from.c_str(), GENERIC_READ,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                      FILE_FLAG_SEQUENTIAL_SCAN, nullptr));
  if (!source) {
    throw UnreadableInput(describe_win32_error(last_error()));
  }
  InputCopy copy;
  copy.path = path_ + L"\\input" + extension_of(from);
  copy.content.emplace();
  Sha256 hash;
  const UniqueFile file = create(copy.path);
  for (;;) {
    DWORD done = 0;
    if (ReadFile(source.get(), buffer_.data(), static_cast<DWORD>(buffer_.size()), &done, nullptr) == 0) {
      throw UnreadableInput(describe_win32_error(last_error()));
    }
    if (done == 0) {
      break;
    }
    const std::string_view chunk(buffer_.data(), done);
    hash.update(chunk);
    write(file.get(), chunk);
    copy.size += done;
    if (copy.content && copy.size <= kInMemory) {
      copy.content->append(chunk);
    } else {
      copy.content.reset();
    }
  }
  copy.hash = hex_of(hash.finish(), kHashBytes);
  return copy;
}

void WorkDirectory::restore(const InputCopy& copy, const std::wstring& from) {
  if (!copy.content) {
    take(from);
    return;
  }
  write(create(copy.path).get(), *copy.content);
}

void WorkDirectory::clean() noexcept {
  remove_contents(path_);
}

}  // namespace catcher
