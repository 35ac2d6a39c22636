#include "cli/debug_echo.h"

#include "cli/terminal.h"
#include "report/escape.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace catcher {
namespace {

std::string missing(std::uint64_t count) {
  return fmt::format("catcher: {} debug strings are not shown: too many came\n", count);
}

}  // namespace

void DebugEcho::show(const DebugLine& line) {
  std::string text = line.dropped_before > 0 ? missing(line.dropped_before) : std::string();
  for (std::string_view rest = line.text;;) {
    const std::size_t end = rest.find('\n');
    std::string_view part = rest.substr(0, end);
    part.remove_suffix(part.ends_with('\r') ? 1 : 0);
    text += fmt::format("[{}] {}\n", line.pid, escape_for_terminal(part));
    if (end == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(end + 1);
  }
  write_text(Stream::kError, text);
  accounted_for_ += 1 + line.dropped_before;
}

void DebugEcho::finish(const DebugOutput& output) const {
  const std::uint64_t all = output.lines.size() + output.dropped;
  if (all > accounted_for_) {
    write_text(Stream::kError, missing(all - accounted_for_));
  }
}

}  // namespace catcher
