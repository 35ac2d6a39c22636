#include "monitors/debug_output_monitor.h"

#include "win32/utf.h"

#include <fmt/format.h>

#include <windows.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace catcher {
namespace {

// More of one string is not read; the length that the event tells is cut to 16 bits and worth nothing.
constexpr std::size_t kMostBytes = 4096;

// OutputDebugStringA says text in the code page of the system, many a program UTF-8 all the same.
std::wstring from_narrow(std::string_view text) {
  const int bytes = static_cast<int>(text.size());
  std::wstring wide(text.size(), L'\0');
  const int room = static_cast<int>(wide.size());
  int units = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), bytes, wide.data(), room);
  if (units == 0) {
    units = MultiByteToWideChar(CP_ACP, 0, text.data(), bytes, wide.data(), room);
  }
  wide.resize(static_cast<std::size_t>(std::max(units, 0)));
  return wide;
}

std::wstring read_text(const MemoryReader& memory, const DebugString& text) {
  if (text.is_unicode) {
    std::array<wchar_t, kMostBytes / sizeof(wchar_t)> units{};
    const std::size_t got = memory.read(text.text, std::as_writable_bytes(std::span(units))) / sizeof(wchar_t);
    const std::wstring_view read(units.data(), got);
    return std::wstring(read.substr(0, read.find(L'\0')));
  }
  std::array<char, kMostBytes> bytes{};
  const std::size_t got = memory.read(text.text, std::as_writable_bytes(std::span(bytes)));
  const std::string_view read(bytes.data(), got);
  return from_narrow(read.substr(0, read.find('\0')));
}

// In the report each is a line of its own.
std::string without_line_end(std::string text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

}  // namespace

void DebugOutputMonitor::on_event(const Event& event) {
  if (const auto* said = std::get_if<DebugString>(&event.body)) {
    DebugStrings& strings = strings_[event.process];
    const auto now = Clock::now();
    if (strings.wants_next(now)) {
      strings.add(now, without_line_end(to_utf8(read_text(event.process->memory, *said))));
    }
  } else if (std::holds_alternative<ProcessEnded>(event.body)) {
    strings_.erase(event.process);
  }
}

void DebugOutputMonitor::add_to(Crash& crash, const Process& process) const {
  const auto found = strings_.find(&process);
  if (found == strings_.end()) {
    return;
  }
  RecentDebugStrings recent = found->second.recent(run_started_ + crash.time);
  crash.debug_strings = std::move(recent.lines);
  if (recent.dropped > 0) {
    crash.notes.push_back(
        fmt::format("{} debug strings of the last second were not read: too many came", recent.dropped));
  }
}

}  // namespace catcher
