#include "report/handles_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "report/escape.h"
#include "report/paint.h"
#include "report/stack_text.h"
#include "triage/handle_words.h"
#include "triage/hex.h"

namespace catcher {

namespace {

constexpr std::size_t kShortStack = 12;  // lines
constexpr std::size_t kShortHistory = 6;
constexpr std::size_t kShortPath = 4;  // functions of an event in the history
constexpr std::size_t kShortLeaks = 3;

std::string_view event_words(HandleEventKind kind) {
  switch (kind) {
    case HandleEventKind::kOpened:
      return "opened as";
    case HandleEventKind::kClosed:
      return "closed,";
    case HandleEventKind::kClosedUnseen:
      return "closed by nobody who was seen,";
    case HandleEventKind::kFound:
      return "open when catcher came,";
    case HandleEventKind::kUsed:
      return "used,";
  }
  return "";
}

std::string event_text(const HandleEvent& event, const TextOptions& options) {
  std::string text = fmt::format("    {} ms: {} {}", event.time.count(), event_words(event.kind),
                                 escape_for_terminal(describe_object(event)));
  if (event.tid != 0) {
    text += fmt::format(" by thread {}", event.tid);
  }
  if (!event.function.empty()) {
    text += fmt::format(", {}", event.function);
  }
  const std::string path = describe_own_path(event, options.full ? 1 : kShortPath);
  text += path.empty() ? "\n" : fmt::format(" in {}\n", escape_for_terminal(path));
  return text + (options.full ? stack_text(event.stack, options, kNoLimit, false) : std::string());
}

std::string finding_text(const HandleFinding& finding, const TextOptions& options) {
  const Paint paint(options.colour);
  const std::string summary = escape_for_terminal(finding.summary);
  std::string text = fmt::format("\n{}{}\n", finding.is_defect ? paint.alarm(summary) : paint.caution(summary),
                                 finding.count > 1 ? fmt::format(" ({} times)", finding.count) : "");
  if (!finding.note.empty()) {
    text += fmt::format("  note        {}\n", escape_for_terminal(finding.note));
  }
  const std::string call = finding.event.function.empty() ? std::string() : finding.event.function + ", ";
  text += fmt::format("  thread {}, {}after {} ms\n", finding.event.tid, call, finding.event.time.count());
  text += stack_text(finding.event.stack, options, kShortStack, true);
  if (finding.history.empty()) {
    return text;
  }
  text += fmt::format("  history of handle {}\n", hex_value(finding.handle));
  const std::size_t shown = options.full ? finding.history.size() : std::min(finding.history.size(), kShortHistory);
  if (shown < finding.history.size()) {
    text += fmt::format("    ... {} earlier events (--full shows them)\n", finding.history.size() - shown);
  }
  for (std::size_t i = finding.history.size() - shown; i < finding.history.size(); ++i) {
    text += event_text(finding.history[i], options);
  }
  return text;
}

std::string leak_text(const HandleLeak& leak, const TextOptions& options) {
  return fmt::format("    {}\n{}", escape_for_terminal(summarize_handle_leak(leak)),
                     stack_text(leak.opened.stack, options, kShortStack, false));
}

}  // namespace

std::string handles_text(const HandleReport& handles, const TextOptions& options) {
  std::string text;
  for (const HandleFinding& finding : handles.findings) {
    text += finding_text(finding, options);
  }
  const auto is_worth_telling = [&options](const HandleLeak& leak) {
    return options.full || leak.is_defect || leak.grows;
  };
  const auto wanted = static_cast<std::size_t>(std::ranges::count_if(handles.leaks, is_worth_telling));
  if (wanted == 0) {
    return text;
  }
  text += "\nhandles that are open at the end\n";
  std::size_t shown = 0;
  for (const HandleLeak& leak : handles.leaks) {
    if (is_worth_telling(leak) && (options.full || shown < kShortLeaks)) {
      text += leak_text(leak, options);
      ++shown;
    }
  }
  if (shown < wanted) {
    text += fmt::format("    ... {} more places (--full shows them)\n", wanted - shown);
  }
  return text;
}

}  // namespace catcher
