#include "evidence/hang_capture.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "debugger/process_usage.h"
#include "evidence/symbol_text.h"
#include "win32/dynamic_function.h"
#include "win32/utf.h"

namespace catcher {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMostDialogs = 8;
constexpr std::size_t kLongestDialogText = 2048;

// user32, looked up when it is first wanted: importing it would double catcher's start.
struct User32 {
  HMODULE module = LoadLibraryExW(L"user32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);  // kept until the process ends
  decltype(&EnumWindows) enum_windows = find<decltype(&EnumWindows)>("EnumWindows");
  decltype(&EnumChildWindows) enum_child_windows = find<decltype(&EnumChildWindows)>("EnumChildWindows");
  decltype(&GetWindowThreadProcessId) owner = find<decltype(&GetWindowThreadProcessId)>("GetWindowThreadProcessId");
  decltype(&IsWindowVisible) is_visible = find<decltype(&IsWindowVisible)>("IsWindowVisible");
  decltype(&GetClassNameW) class_name = find<decltype(&GetClassNameW)>("GetClassNameW");
  // Not GetWindowText: this one reads what the window manager keeps and never sends a message.
  decltype(&InternalGetWindowText) text = find<decltype(&InternalGetWindowText)>("InternalGetWindowText");

  bool is_complete() const {
    return enum_windows != nullptr && enum_child_windows != nullptr && owner != nullptr && is_visible != nullptr &&
           class_name != nullptr && text != nullptr;
  }

 private:
  template <typename Function>
  Function find(const char* name) const {
    return module == nullptr ? nullptr
                             : reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(module, name)));
  }
};

struct Search {
  const User32& user32;
  std::span<const std::uint32_t> pids;
  std::vector<std::pair<std::uint32_t, ShownDialog>> found;
  std::string text;  // of the dialog that is being read
};

std::string window_text(const User32& user32, HWND window) {
  std::array<wchar_t, 1024> text{};
  const int length = user32.text(window, text.data(), static_cast<int>(text.size()));
  return to_utf8({text.data(), static_cast<std::size_t>(std::max(length, 0))});
}

std::wstring window_class(const User32& user32, HWND window) {
  std::array<wchar_t, 256> name{};
  const int length = user32.class_name(window, name.data(), static_cast<int>(name.size()));
  return {name.data(), static_cast<std::size_t>(std::max(length, 0))};
}

BOOL CALLBACK on_child(HWND window, LPARAM parameter) {
  auto& search = *std::bit_cast<Search*>(parameter);
  if (window_class(search.user32, window) == L"Static") {
    const std::string text = window_text(search.user32, window);
    search.text += search.text.empty() || text.empty() ? text : " " + text;
  }
  return search.text.size() < kLongestDialogText ? TRUE : FALSE;
}

BOOL CALLBACK on_window(HWND window, LPARAM parameter) {
  auto& search = *std::bit_cast<Search*>(parameter);
  DWORD pid = 0;
  const DWORD tid = search.user32.owner(window, &pid);
  const bool ours = std::find(search.pids.begin(), search.pids.end(), pid) != search.pids.end();
  if (ours && search.user32.is_visible(window) != 0 && window_class(search.user32, window) == L"#32770") {
    search.text.clear();
    search.user32.enum_child_windows(window, on_child, parameter);
    search.found.emplace_back(pid, ShownDialog{tid, printable(window_text(search.user32, window), 256),
                                               printable(search.text, kLongestDialogText)});
  }
  return search.found.size() < kMostDialogs ? TRUE : FALSE;
}

}  // namespace

std::vector<double> cpu_shares(std::span<const microseconds> used, microseconds window, unsigned processors) {
  std::vector<double> shares(used.size(), 0.0);
  if (window.count() <= 0) {
    return shares;
  }
  double sum = 0;
  for (std::size_t i = 0; i < used.size(); ++i) {
    shares[i] = static_cast<double>(used[i].count()) / static_cast<double>(window.count());
    sum += shares[i];
  }
  // More time than there was: the OS has told the whole process's, or the caller's, for each thread.
  const bool believable = sum <= 1.5 * processors + 0.5;
  // A thread cannot use more than one processor; the OS counts in ticks, and rounds.
  std::transform(shares.begin(), shares.end(), shares.begin(),
                 [believable](double share) { return believable ? std::min(share, 1.0) : 0.0; });
  return shares;
}

std::vector<double> cpu_shares(std::span<const microseconds> used, microseconds window) {
  SYSTEM_INFO info{};
  GetNativeSystemInfo(&info);
  return cpu_shares(used, window, info.dwNumberOfProcessors);
}

std::vector<double> measure_cpu_shares(std::span<void* const> threads, std::chrono::milliseconds window) {
  if (threads.empty()) {
    return {};
  }
  std::vector<microseconds> used;
  for (void* const thread : threads) {
    used.push_back(processor_time(thread));
  }
  const auto begin = std::chrono::steady_clock::now();
  WaitForSingleObject(threads.front(), static_cast<DWORD>(window.count()));
  for (std::size_t i = 0; i < threads.size(); ++i) {
    used[i] = processor_time(threads[i]) - used[i];
  }
  return cpu_shares(used, std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin));
}

Address find_loader_lock(void* process, const MemoryReader& memory, bool is_64_bit) {
  struct BasicInformation {  // PROCESS_BASIC_INFORMATION, class 0
    void* reserved;
    void* peb;
    void* more[4];
  };
  constexpr int kBasic = 0;
  constexpr int kWow64 = 26;  // ProcessWow64Information: the 32-bit PEB
  using Query = LONG WINAPI(HANDLE, int, void*, ULONG, ULONG*);
  const auto query = find_function<Query>(L"ntdll.dll", "NtQueryInformationProcess");
  if (query == nullptr) {
    return {};
  }
  if (is_64_bit) {
    BasicInformation info{};
    const bool known = query(process, kBasic, &info, sizeof info, nullptr) >= 0 && info.peb != nullptr;
    const Address peb{std::bit_cast<std::uint64_t>(info.peb)};
    return {known ? read_value<std::uint64_t>(memory, peb + 0x110).value_or(0) : 0};
  }
  std::uint64_t peb32 = 0;
  const bool known = query(process, kWow64, &peb32, sizeof peb32, nullptr) >= 0 && peb32 != 0;
  return {known ? read_value<std::uint32_t>(memory, Address{peb32} + 0xA0).value_or(0) : 0};
}

std::vector<std::pair<std::uint32_t, ShownDialog>> find_dialogs(std::span<const std::uint32_t> pids) {
  const User32 user32;
  if (!user32.is_complete()) {
    return {};
  }
  Search search{user32, pids, {}, {}};
  user32.enum_windows(on_window, std::bit_cast<LPARAM>(&search));
  return std::move(search.found);
}

}  // namespace catcher
