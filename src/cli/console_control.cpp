#include "cli/console_control.h"

#include "win32/error.h"
#include "win32/unique_handle.h"

#include <catcher/exit_code.h>

#include <atomic>
#include <memory>

namespace catcher {
namespace {

struct Control {
  explicit Control(const StopSource& source) : stop(source), finished(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

  StopSource stop;
  UniqueHandle finished;
  std::atomic<bool> asked = false;
};

// SetConsoleCtrlHandler passes nothing but the event to its handler, so what it acts on must be reachable from a
// function. Shared, because the handler runs on a thread of the OS's and may outlive the run.
std::atomic<std::shared_ptr<Control>>& current() {
  static std::atomic<std::shared_ptr<Control>> control;
  return control;
}

BOOL WINAPI on_console_event(DWORD event) {
  const std::shared_ptr<Control> control = current().load();
  if (!control) {
    return FALSE;
  }
  const bool again = control->asked.exchange(true);
  control->stop.request_stop();
  if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) {
    if (again) {
      // No time for a report any more. With the process its job is closed, and with the job the tree.
      TerminateProcess(GetCurrentProcess(), to_number(ExitCode::kInterrupted));
    }
    return TRUE;
  }
  // Close, log-off, shutdown: the process is ended as soon as this returns, so the report must be written first. The OS
  // sets the limit (5 s, HandlerRoutine on Microsoft Learn).
  WaitForSingleObject(control->finished.get(), INFINITE);
  return TRUE;
}

}  // namespace

ConsoleControl::ConsoleControl(const StopSource& stop) {
  current().store(std::make_shared<Control>(stop));
  if (SetConsoleCtrlHandler(on_console_event, TRUE) == 0) {
    throw last_win32_error("SetConsoleCtrlHandler");
  }
}

ConsoleControl::~ConsoleControl() {
  SetConsoleCtrlHandler(on_console_event, FALSE);
  if (const auto control = current().exchange(nullptr)) {
    SetEvent(control->finished.get());
  }
}

}  // namespace catcher
