#include "debugger/process_handles.h"

#include "win32/dynamic_function.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <array>
#include <cstring>
#include <string_view>

namespace catcher {
namespace {

using QueryObject = LONG NTAPI(HANDLE, int, void*, ULONG, ULONG*);

// A UNICODE_STRING with its text behind it is what both classes begin with.
struct ObjectText {
  USHORT bytes;
  USHORT room;
  const wchar_t* text;
  std::array<std::byte, 2048> rest;
};

constexpr int kObjectName = 1;  // OBJECT_INFORMATION_CLASS::ObjectNameInformation
constexpr int kObjectType = 2;  // ObjectTypeInformation

std::string object_text(QueryObject* query, HANDLE object, int what) {
  ObjectText answer{};
  if (query(object, what, &answer, sizeof answer, nullptr) < 0 || answer.text == nullptr) {
    return {};
  }
  return to_utf8({answer.text, answer.bytes / sizeof(wchar_t)});
}

// SYSTEM_HANDLE_INFORMATION_EX and its entries, information class 64 of NtQuerySystemInformation.
struct SystemHandle {
  void* object;
  ULONG_PTR pid;
  ULONG_PTR value;
  ULONG access;
  USHORT back_trace;
  USHORT type;
  ULONG attributes;
  ULONG reserved;
};
struct SystemHandles {
  ULONG_PTR count;
  ULONG_PTR reserved;
};

}  // namespace

RemoteHandle look_at_handle(HANDLE process, std::uint64_t value, bool with_name) {
  HANDLE duplicate = nullptr;
  const auto remote = reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(value));
  if (DuplicateHandle(process, remote, GetCurrentProcess(), &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS) == 0) {
    // An object that must not be duplicated is there none the less.
    return {GetLastError() != ERROR_INVALID_HANDLE, {}, {}};
  }
  const UniqueHandle object(duplicate);
  const auto query = find_function<QueryObject>(L"ntdll.dll", "NtQueryObject");
  if (query == nullptr) {
    return {true, {}, {}};
  }
  RemoteHandle result{true, object_text(query, object.get(), kObjectType), {}};
  // The debug event that the process stands in may itself have a handle there, in a place that was just closed. It is
  // of no type that anybody could have opened.
  result.is_open = !result.type.empty();
  if (with_name && result.type != "File") {
    result.name = object_text(query, object.get(), kObjectName);
  }
  return result;
}

std::uint32_t pid_behind(HANDLE process, std::uint64_t value) {
  HANDLE duplicate = nullptr;
  const auto remote = reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(value));
  if (DuplicateHandle(process, remote, GetCurrentProcess(), &duplicate, PROCESS_QUERY_LIMITED_INFORMATION, FALSE, 0) ==
      0) {
    return 0;
  }
  return GetProcessId(UniqueHandle(duplicate).get());
}

std::optional<std::vector<std::uint64_t>> open_handles(std::uint32_t pid) {
  using QuerySystem = LONG NTAPI(int, void*, ULONG, ULONG*);
  constexpr int kExtendedHandles = 64;
  constexpr LONG kLengthMismatch = static_cast<LONG>(0xC0000004);
  constexpr std::size_t kMost = std::size_t{256} << 20;
  const auto query = find_function<QuerySystem>(L"ntdll.dll", "NtQuerySystemInformation");
  if (query == nullptr) {
    return std::nullopt;
  }
  std::vector<std::byte> buffer(std::size_t{256} << 10);
  LONG status = 0;
  while ((status = query(kExtendedHandles, buffer.data(), static_cast<ULONG>(buffer.size()), nullptr)) ==
             kLengthMismatch &&
         buffer.size() < kMost) {
    buffer.resize(buffer.size() * 2);
  }
  if (status < 0) {
    return std::nullopt;
  }
  SystemHandles header{};
  std::memcpy(&header, buffer.data(), sizeof header);
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0, at = sizeof header; i < header.count && at + sizeof(SystemHandle) <= buffer.size();
       ++i, at += sizeof(SystemHandle)) {
    SystemHandle handle{};
    std::memcpy(&handle, buffer.data() + at, sizeof handle);
    if (handle.pid == pid) {
      values.push_back(handle.value);
    }
  }
  return values;
}

}  // namespace catcher
