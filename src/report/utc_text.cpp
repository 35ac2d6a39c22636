#include "report/utc_text.h"

#include <fmt/format.h>

namespace catcher {

std::string utc_text(std::chrono::system_clock::time_point time) {
  namespace chrono = std::chrono;
  const auto rounded = chrono::floor<chrono::milliseconds>(time);
  const auto day = chrono::floor<chrono::days>(rounded);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{rounded - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace catcher
