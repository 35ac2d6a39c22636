#include "debugger/startup_streams.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace catcher {
namespace {

// Inheritance is a property of the whole process, and so is what protects it.
std::shared_mutex& launches() {
  static std::shared_mutex mutex;
  return mutex;
}

}  // namespace

std::vector<std::byte> without_descriptors(std::span<const std::byte> reserved, const StandardStreams& replaced) {
  std::vector<std::byte> copy(reserved.begin(), reserved.end());
  std::int32_t count = 0;
  if (copy.size() < sizeof count) {
    return copy;
  }
  std::memcpy(&count, copy.data(), sizeof count);
  const std::size_t room = (copy.size() - sizeof count) / (1 + sizeof(HANDLE));
  const std::array streams{replaced.in, replaced.out, replaced.error};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (streams[i] && count > 0 && static_cast<std::size_t>(count) <= room && i < static_cast<std::size_t>(count)) {
      copy[sizeof count + i] = std::byte{0};  // its flags: not open
    }
  }
  return copy;
}

StartupStreams::StartupStreams(const StandardStreams& streams) : streams_(streams) {
  GetStartupInfoW(&ours_);
  reserved_ = without_descriptors({reinterpret_cast<const std::byte*>(ours_.lpReserved2), ours_.cbReserved2}, streams_);
}

STARTUPINFOW StartupStreams::startup_info() noexcept {
  STARTUPINFOW result{};
  result.cb = sizeof result;
  // Explicit handles, because without them a console program gets duplicates only of console handles.
  result.dwFlags = (ours_.dwFlags & STARTF_USESHOWWINDOW) | STARTF_USESTDHANDLES;
  result.wShowWindow = ours_.wShowWindow;
  result.cbReserved2 = static_cast<WORD>(reserved_.size());
  result.lpReserved2 = reserved_.empty() ? nullptr : reinterpret_cast<BYTE*>(reserved_.data());
  result.hStdInput = streams_.in ? *streams_.in : GetStdHandle(STD_INPUT_HANDLE);
  result.hStdOutput = streams_.out ? *streams_.out : GetStdHandle(STD_OUTPUT_HANDLE);
  result.hStdError = streams_.error ? *streams_.error : GetStdHandle(STD_ERROR_HANDLE);
  return result;
}

InheritanceScope::InheritanceScope(const StandardStreams& streams) {
  for (const std::optional<HANDLE>& handle : {streams.in, streams.out, streams.error}) {
    DWORD flags = 0;
    if (handle && !streams.inheritable && GetHandleInformation(*handle, &flags) != 0 &&
        (flags & HANDLE_FLAG_INHERIT) == 0) {
      streams_.push_back(*handle);
    }
  }
  if (streams_.empty()) {
    shared_ = std::shared_lock(launches());
  } else {
    alone_ = std::unique_lock(launches());
    set_inheritable(HANDLE_FLAG_INHERIT);
  }
}

InheritanceScope::~InheritanceScope() {
  set_inheritable(0);
}

void InheritanceScope::set_inheritable(DWORD flag) const noexcept {
  for (const HANDLE handle : streams_) {
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, flag);
  }
}

}  // namespace catcher
