#pragma once

#include <windows.h>

#include <memory>

namespace catcher {

struct HandleCloser {
  using pointer = HANDLE;
  void operator()(HANDLE handle) const noexcept { CloseHandle(handle); }
};

// Owns a kernel handle whose "none" is NULL: processes, threads, events, jobs, sections.
using UniqueHandle = std::unique_ptr<void, HandleCloser>;

struct FileHandleCloser {
  // A pointer type whose null is INVALID_HANDLE_VALUE, which is what CreateFileW returns on failure.
  class pointer {
   public:
    pointer() noexcept = default;
    // NOLINTBEGIN(google-explicit-constructor): std::unique_ptr asks its pointer type to convert like a pointer
    pointer(std::nullptr_t) noexcept {}
    pointer(HANDLE handle) noexcept : handle_(handle) {}
    operator HANDLE() const noexcept { return handle_; }
    // NOLINTEND(google-explicit-constructor)
    explicit operator bool() const noexcept { return handle_ != INVALID_HANDLE_VALUE && handle_ != nullptr; }
    friend bool operator==(pointer a, pointer b) noexcept { return a.handle_ == b.handle_; }
    friend bool operator==(pointer a, std::nullptr_t) noexcept { return !a; }

   private:
    HANDLE handle_ = INVALID_HANDLE_VALUE;
  };
  void operator()(pointer handle) const noexcept { CloseHandle(handle); }
};

// Owns a file handle; its "none" is INVALID_HANDLE_VALUE, and NULL (an event's hFile may be NULL) counts as none too.
using UniqueFile = std::unique_ptr<void, FileHandleCloser>;

}  // namespace catcher
