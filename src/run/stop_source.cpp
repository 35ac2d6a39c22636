#include "run/stop_source.h"

#include "win32/error.h"

namespace catcher {

StopSource::State::State() : event(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
  if (!event) {
    throw last_win32_error("CreateEventW");
  }
}

StopSource::StopSource() : state_(std::make_shared<State>()) {}

void StopSource::request_stop() const noexcept {
  state_->asked = true;
  SetEvent(state_->event.get());
}

}  // namespace catcher
