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

// A process that is ending may still hold what it had open, and lets nobody else write there, or what was deleted
// meanwhile stays until it ends. The name after that is as good.
constexpr int kNames = 100;

bool is_held(std::uint32_t error) {
  return error == ERROR_SHARING_VIOLATION || error == ERROR_ACCESS_DENIED || error == ERROR_USER_MAPPED_FILE;
}

// "input.png", "input-2.png", …
std::wstring numbered(const std::wstring& stem, int number, const std::wstring& extension) {
  return number == 1 ? stem + extension : stem + L'-' + std::to_wstring(number) + extension;
}

// The first of these names that can be had; `make` gives a Win32 error, or 0.
template <typename Make>
std::wstring first_free(const std::wstring& stem, const std::wstring& extension, const char* api, Make make) {
  for (int number = 1;; ++number) {
    std::wstring path = numbered(stem, number, extension);
    const std::uint32_t error = make(path);
    if (error == ERROR_SUCCESS) {
      return path;
    }
    if (number == kNames || !is_held(error)) {
      throw win32_error(api, error);
    }
  }
}

struct NewFile {
  std::wstring path;
  UniqueFile file;
};

// Shared with everybody: a target may open it again, as it likes.
UniqueFile open_to_write(const std::wstring& path, DWORD how) {
  return UniqueFile(CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                nullptr, how, FILE_ATTRIBUTE_NORMAL, nullptr));
}

// A new one where there is none, which is nearly always so: where a file is emptied, some file systems write what comes
// next to the disk at once, and its end has to wait for that.
NewFile create(const std::wstring& stem, const std::wstring& extension) {
  NewFile made;
  made.path = first_free(stem, extension, "CreateFileW", [&made](const std::wstring& path) {
    made.file = open_to_write(path, CREATE_NEW);
    if (!made.file && last_error() == ERROR_FILE_EXISTS) {
      made.file = open_to_write(path, CREATE_ALWAYS);
    }
    return made.file ? std::uint32_t{ERROR_SUCCESS} : last_error();
  });
  return made;
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

UniqueFile open_source(const std::wstring& path) {
  UniqueFile source(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                nullptr, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, nullptr));
  if (!source) {
    throw UnreadableInput(describe_win32_error(last_error()));
  }
  return source;
}

// Reads all of it by way of the buffer; with a `copy`, writes it there.
InputCopy read_input(HANDLE source, std::string& buffer, HANDLE copy) {
  InputCopy input;
  input.content.emplace();
  Sha256 hash;
  for (;;) {
    DWORD done = 0;
    if (ReadFile(source, buffer.data(), static_cast<DWORD>(buffer.size()), &done, nullptr) == 0) {
      throw UnreadableInput(describe_win32_error(last_error()));
    }
    if (done == 0) {
      break;
    }
    const std::string_view chunk(buffer.data(), done);
    hash.update(chunk);
    if (copy != nullptr) {
      write(copy, chunk);
    }
    input.size += done;
    if (input.content && input.size <= kInMemory) {
      input.content->append(chunk);
    } else {
      input.content.reset();
    }
  }
  input.hash = hex_of(hash.finish(), kHashBytes);
  return input;
}

}  // namespace

WorkDirectory::WorkDirectory(const std::wstring& path)
    : path_(first_free(path, L"", "CreateDirectoryW", make_directories)), buffer_(kBuffer, '\0') {
  clean();
}

WorkDirectory::~WorkDirectory() {
  remove_contents(path_, true);
}

InputCopy WorkDirectory::take(const std::wstring& from) {
  const UniqueFile source = open_source(from);
  const NewFile made = create(path_ + L"\\input", extension_of(from));
  InputCopy copy = read_input(source.get(), buffer_, made.file.get());
  copy.path = made.path;
  return copy;
}

InputCopy WorkDirectory::look_at(const std::wstring& from) {
  InputCopy input = read_input(open_source(from).get(), buffer_, nullptr);
  input.path = from;
  return input;
}

void WorkDirectory::restore(InputCopy& copy, const std::wstring& from) {
  if (!copy.content) {
    copy = take(from);
    return;
  }
  NewFile made = create(path_ + L"\\input", extension_of(from));
  write(made.file.get(), *copy.content);
  copy.path = std::move(made.path);
}

void WorkDirectory::clean() noexcept {
  remove_contents(path_);
}

}  // namespace catcher
