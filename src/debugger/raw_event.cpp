#include "debugger/raw_event.h"

#include "win32/dynamic_function.h"
#include "win32/utf.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace catcher {

Address to_address(const void* pointer) noexcept {
  return {reinterpret_cast<std::uintptr_t>(pointer)};
}

Thread new_thread(std::uint32_t tid, HANDLE handle, const void* teb) {
  Thread thread;
  thread.tid = tid;
  thread.handle = handle;
  thread.teb = to_address(teb);
  return thread;
}

ExceptionRaised exception_of(const EXCEPTION_DEBUG_INFO& info) {
  const EXCEPTION_RECORD& record = info.ExceptionRecord;
  ExceptionRaised raised;
  raised.code = record.ExceptionCode;
  raised.flags = record.ExceptionFlags;
  raised.address = to_address(record.ExceptionAddress);
  raised.chance = info.dwFirstChance != 0 ? Chance::kFirst : Chance::kSecond;
  const auto count = std::min<DWORD>(record.NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS);
  raised.parameters.assign(record.ExceptionInformation, record.ExceptionInformation + count);
  return raised;
}

std::string file_name_behind(HANDLE file) {
  struct {
    FILE_NAME_INFO info;
    std::array<wchar_t, MAX_PATH * 2> rest;
  } buffer{};
  if (file == nullptr || GetFileInformationByHandleEx(file, FileNameInfo, &buffer, sizeof buffer) == 0) {
    return {};
  }
  const std::size_t length = std::min<std::size_t>(buffer.info.FileNameLength / sizeof(wchar_t), buffer.rest.size());
  const std::wstring_view path(static_cast<const wchar_t*>(buffer.info.FileName), length);
  return to_utf8(path.substr(path.find_last_of(L'\\') + 1));
}

bool is_break_in(LPTHREAD_START_ROUTINE start) {
  const auto function = find_function<void NTAPI()>(L"ntdll.dll", "DbgUiRemoteBreakin");
  return start != nullptr && reinterpret_cast<const void*>(start) == reinterpret_cast<const void*>(function);
}

}  // namespace catcher
