#include "monitors/deadline_monitor.h"

namespace catcher {

DeadlineMonitor::DeadlineMonitor(std::optional<std::chrono::milliseconds> timeout, Clock::time_point started) {
  const auto room = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - started);
  if (timeout && *timeout < room) {
    deadline_ = started + *timeout;
  }
}

}  // namespace catcher
