#include "cli/progress_line.h"

#include "cli/terminal.h"
#include "report/sweep_text.h"

#include <algorithm>
#include <string>

namespace catcher {

ProgressLine::ProgressLine() noexcept : on_terminal_(is_terminal(Stream::kError)) {}

ProgressLine::~ProgressLine() {
  if (shown_ != 0) {
    write_text(Stream::kError, '\r' + std::string(shown_, ' ') + '\r');
  }
}

void ProgressLine::show(const SweepProgress& progress) {
  constexpr std::chrono::seconds kPause{5};
  std::string text = to_text(progress);
  if (!on_terminal_) {
    if (progress.elapsed - last_ >= kPause) {
      last_ = progress.elapsed;
      write_text(Stream::kError, "catcher: " + text + '\n');
    }
    return;
  }
  const std::size_t length = text.size();
  text.resize(std::max(length, shown_), ' ');
  shown_ = length;
  write_text(Stream::kError, '\r' + text);
}

}  // namespace catcher
