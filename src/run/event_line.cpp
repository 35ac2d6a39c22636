#include "run/event_line.h"

#include "triage/exception_catalogue.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace catcher {
namespace {

std::string_view words(Disposition disposition) {
  switch (disposition) {
    case Disposition::kLoaderBreakpoint:
    case Disposition::kWow64LoaderBreakpoint:
      return "loader breakpoint";
    case Disposition::kNotification:
      return "notification";
    case Disposition::kHeapCorruptionBreakpoint:
      return "heap corruption is about to be reported";
    case Disposition::kInvalidHandle:
      return "swallowed";
    case Disposition::kConsoleControl:
      return "console control, passed on";
    case Disposition::kPassedOn:
      return "passed on";
    case Disposition::kCrash:
      return "crash";
    case Disposition::kIgnoredDeath:
      return "ignored";
  }
  return {};
}

// Words for each kind of event.
struct Describe {
  const Event& event;

  std::string operator()(const ProcessStarted&) const {
    return fmt::format("process started: {}",
                       event.process->command_line.empty() ? event.process->image : event.process->command_line);
  }
  std::string operator()(const ProcessEnded& ended) const {
    return fmt::format("process ended: {}", describe_exit_status(ended.status));
  }
  std::string operator()(const ThreadStarted&) const { return "thread started"; }
  std::string operator()(const ThreadEnded& ended) const {
    return fmt::format("thread ended: {}", describe_exit_status(ended.status));
  }
  std::string operator()(const ModuleLoaded& loaded) const {
    const auto& modules = event.process->modules;
    const auto module =
        std::find_if(modules.begin(), modules.end(), [&](const Module& m) { return m.base == loaded.base; });
    return fmt::format("module loaded: {} at 0x{:x}", module == modules.end() ? std::string() : module->name,
                       loaded.base.value);
  }
  std::string operator()(const ModuleUnloaded& unloaded) const {
    return fmt::format("module unloaded: 0x{:x}", unloaded.base.value);
  }
  std::string operator()(const DebugString& text) const { return fmt::format("debug string, {} bytes", text.bytes); }
  std::string operator()(const ExceptionRaised& raised) const {
    return fmt::format("{} at 0x{:x}, {} chance: {}", exception_name(raised.code), raised.address.value,
                       raised.chance == Chance::kFirst ? "first" : "second", words(raised.action.disposition));
  }
  std::string operator()(const WatchedFunctionReached& reached) const {
    switch (reached.purpose) {
      case WatchPurpose::kTerminateProcess:
        return fmt::format("NtTerminateProcess(0x{:x}, {})", reached.process_handle,
                           describe_exit_status(reached.exit_status));
      case WatchPurpose::kRemoveDebugger:
        return fmt::format("NtRemoveProcessDebug(0x{:x})", reached.process_handle);
      case WatchPurpose::kAssert:
      case WatchPurpose::kWideAssert:
        return "assertion failed: " + reached.assertion;
      case WatchPurpose::kAbort:
        break;
    }
    return "abort() called";
  }
  std::string operator()(const SystemError& error) const {
    return fmt::format("system error {} (type {})", error.error, error.type);
  }
};

}  // namespace

std::string describe_event(const Event& event, std::chrono::milliseconds since_start) {
  return fmt::format("{:>6} ms  pid {} tid {}  {}", since_start.count(), event.process->pid, event.tid,
                     std::visit(Describe{event}, event.body));
}

}  // namespace catcher
