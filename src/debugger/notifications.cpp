#include "debugger/notifications.h"

#include <array>
#include <span>
#include <string_view>

namespace catcher {
namespace {

constexpr std::uint32_t kThreadNameCode = 0x406D1388;    // MS_VC_EXCEPTION
constexpr std::uint16_t kLongestCriticalErrorText = 36;  // "Critical error detected c0000374\n", line ends and zero
constexpr std::string_view kCriticalErrorText = "Critical error detected";

}  // namespace

// THREADNAME_INFO: {0x1000, name, thread id or -1, flags}. Compiled with pack(8) its four fields take three words of a
// 64-bit record, so that the id shares one with the flags.
void note_thread_name(Process& process, const ExceptionRaised& raised, std::uint32_t tid) {
  constexpr std::uint64_t kNameType = 0x1000;
  constexpr std::size_t kLongestName = 256;
  if (raised.code != kThreadNameCode || raised.parameters.size() < 3 || raised.parameters[0] != kNameType) {
    return;
  }
  std::array<char, kLongestName> text{};
  const std::size_t got = process.memory.read(Address{raised.parameters[1]},
                                              std::as_writable_bytes(std::span(text)).first(text.size() - 1));
  const auto id = static_cast<std::uint32_t>(raised.parameters[2]);
  constexpr std::uint32_t kCallingThread = 0xFFFFFFFF;
  if (Thread* named = process.find_thread(id == kCallingThread ? tid : id); named != nullptr && got > 0) {
    named->name = text.data();
  }
}

bool announces_critical_error(const MemoryReader& memory, const DebugString& text) {
  if (text.bytes > kLongestCriticalErrorText * (text.is_unicode ? 2 : 1) || text.bytes < kCriticalErrorText.size()) {
    return false;
  }
  std::array<std::byte, kCriticalErrorText.size() * sizeof(wchar_t)> bytes{};
  const std::size_t width = text.is_unicode ? sizeof(wchar_t) : 1;
  const std::size_t wanted = kCriticalErrorText.size() * width;
  if (memory.read(text.text, std::span(bytes).first(wanted)) != wanted) {
    return false;
  }
  bool same = true;
  for (std::size_t i = 0; i < kCriticalErrorText.size(); ++i) {
    same = same && bytes[i * width] == static_cast<std::byte>(kCriticalErrorText[i]);
  }
  return same;
}

}  // namespace catcher
