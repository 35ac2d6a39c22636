#include "evidence/minidump_file.h"

#include <windows.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

#include "evidence/symbol_text.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/full_path.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

namespace catcher {
namespace {

constexpr std::size_t kChunk = 1 << 20;

// A file that is gone again unless keep_as() was reached.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::wstring path)
      : path_(std::move(path)),
        file_(CreateFileW(path_.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr)) {
    if (!file_) {
      throw last_win32_error("CreateFile");
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    file_.reset();
    if (!path_.empty()) {
      DeleteFileW(path_.c_str());
    }
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      DWORD count = 0;
      const auto wanted = static_cast<DWORD>(std::min(bytes.size(), kChunk));
      if (WriteFile(file_.get(), bytes.data(), wanted, &count, nullptr) == 0) {
        throw last_win32_error("WriteFile");
      }
      if (count == 0) {
        throw win32_error("WriteFile", ERROR_DISK_FULL);
      }
      bytes = bytes.subspan(count);
      size_ += count;
    }
  }

  std::uint64_t size() const { return size_; }

  void keep_as(const std::wstring& path) {
    file_.reset();
    if (MoveFileExW(path_.c_str(), path.c_str(), MOVEFILE_REPLACE_EXISTING) == 0) {
      throw last_win32_error("MoveFileEx");
    }
    path_.clear();
  }

 private:
  std::wstring path_;
  UniqueFile file_;
  std::uint64_t size_ = 0;
};

void make_directory(const std::wstring& directory) {
  if (CreateDirectoryW(openable_path(directory).c_str(), nullptr) == 0 && last_error() != ERROR_ALREADY_EXISTS) {
    throw last_win32_error("CreateDirectory");
  }
}

// The bytes of the ranges, whole: what has become unreadable is written as zeros, because the list in front has
// promised its size.
void write_ranges(TemporaryFile& file, const MemoryReader& memory, std::span<const MemoryRange> ranges) {
  std::vector<std::byte> chunk(kChunk);
  for (const MemoryRange& range : ranges) {
    for (std::uint64_t done = 0; done < range.size;) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, range.size - done));
      const std::size_t got = memory.read(range.start + done, {chunk.data(), size});
      std::fill(chunk.begin() + static_cast<std::ptrdiff_t>(got), chunk.begin() + static_cast<std::ptrdiff_t>(size),
                std::byte{0});
      file.write({chunk.data(), size});
      done += size;
    }
  }
}

WrittenMinidump write_whole(const std::wstring& directory, const std::string& file_name, const DumpedProcess& dumped,
                            MinidumpType type, const MemoryMap& map) {
  if (!is_plain_file_name(file_name)) {
    throw std::invalid_argument("not a plain file name");
  }
  make_directory(directory);
  const MinidumpContents contents = capture_minidump(dumped);
  const std::vector<MemoryRange> ranges =
      type == MinidumpType::kFull ? readable_ranges(map) : std::vector<MemoryRange>();
  const std::wstring path = directory + L"\\" + to_utf16(file_name);
  TemporaryFile file(openable_path(path + L".part"));
  file.write(serialise_minidump(contents, ranges));
  write_ranges(file, dumped.memory, ranges);
  const std::uint64_t size = file.size();
  file.keep_as(openable_path(path));
  return {to_utf8(path), "", size};
}

}  // namespace

WrittenMinidump write_minidump(const std::string& directory, const std::string& file_name, const DumpedProcess& dumped,
                               MinidumpType type, const MemoryMap& map) noexcept {
  WrittenMinidump result;
  try {
    result = write_whole(full_path(to_utf16(directory)), file_name, dumped, type, map);
  } catch (const std::system_error& error) {
    result.error = describe_win32_error(static_cast<std::uint32_t>(error.code().value()));
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  if (!result.error.empty()) {
    result.error = "no minidump in " + printable(directory) + ": " + result.error;
  }
  return result;
}

}  // namespace catcher
