#include "cli/report_file.h"

#include "cli/terminal.h"
#include "win32/error.h"
#include "win32/files.h"
#include "win32/unique_handle.h"

#include <algorithm>

namespace catcher {
namespace {

UniqueFile create_file(const std::wstring& path) {
  UniqueFile file(CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) {
    throw last_win32_error("CreateFileW");
  }
  return file;
}

void write_all(HANDLE file, std::string_view content) {
  while (!content.empty()) {
    constexpr std::size_t kChunk = 16u << 20;
    DWORD done = 0;
    if (WriteFile(file, content.data(), static_cast<DWORD>(std::min(content.size(), kChunk)), &done, nullptr) == 0) {
      throw last_win32_error("WriteFile");
    }
    content.remove_prefix(done);
  }
}

bool is_device(const std::wstring& path) {
  const UniqueFile existing(
      CreateFileW(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr));
  return existing && GetFileType(existing.get()) != FILE_TYPE_DISK;
}

}  // namespace

void write_report_file(const std::wstring& path, std::string_view content) {
  if (is_device(path)) {
    write_all(create_file(path).get(), content);
    return;
  }
  write_file(openable_path(path), content);
}

void write_report_to_stdout(std::string_view content) {
  const HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);  // not to be closed: it is the process's
  DWORD mode = 0;
  if (GetConsoleMode(output, &mode) != 0) {
    write_text(Stream::kOutput, content);
  } else {
    write_all(output, content);
  }
}

}  // namespace catcher
