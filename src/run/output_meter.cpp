#include "run/output_meter.h"

#include "win32/error.h"

#include <algorithm>

namespace catcher {

OutputMeter::OutputMeter(std::optional<std::uint64_t> limit)
    : limit_(limit), passed_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {
  if (!passed_) {
    throw last_win32_error("CreateEventW");
  }
}

std::size_t OutputMeter::add(std::size_t bytes) noexcept {
  const std::uint64_t before = bytes_.fetch_add(bytes);
  if (!limit_ || before + bytes <= *limit_) {
    return bytes;
  }
  SetEvent(passed_.get());
  return before >= *limit_ ? 0 : static_cast<std::size_t>(*limit_ - before);
}

}  // namespace catcher
