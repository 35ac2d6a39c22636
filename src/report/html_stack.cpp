#include "report/html_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "report/html_page.h"
#include "report/stack_text.h"
#include "report/xml_text.h"
#include "triage/hex.h"
#include "triage/path_name.h"

namespace catcher {

namespace {

constexpr std::uint32_t kSourceLines = 5;  // before and after the line
constexpr std::size_t kMostGroups = 200;

std::string source_text(const Frame& frame, const TextOptions& options) {
  const std::uint32_t first = frame.line > kSourceLines ? frame.line - kSourceLines : 1;
  std::string lines;
  for (std::uint32_t line = first; line <= frame.line + kSourceLines; ++line) {
    const std::optional<std::string> text = options.source_line(frame.file, line);
    if (!text) {
      continue;
    }
    const std::string row = fmt::format("{:>6}  {}", line, xml_lines(*text));
    lines += line == frame.line ? fmt::format("<span class=\"here\">{}</span>", row) : row + '\n';
  }
  return lines.empty()
             ? lines
             : fmt::format("<h3>{}:{}</h3>\n<pre class=\"source\">{}</pre>\n", xml_line(frame.file), frame.line, lines);
}

// Of the innermost frame that has source; empty when none has.
std::string innermost_source(const Stack& stack, const TextOptions& options) {
  if (!options.source_line) {
    return {};
  }
  for (const Frame& frame : stack.frames) {
    if (!frame.file.empty() && frame.line != 0 && options.source_line(frame.file, frame.line)) {
      return source_text(frame, options);
    }
  }
  return {};
}

std::string remarks(const Frame& frame) {
  std::string text = frame.is_inline ? " <span class=\"soft\">inlined</span>" : "";
  text += frame.source == FrameSource::kScan ? " <span class=\"soft\">found by scanning</span>" : "";
  return text;
}

std::string frame_row(const Frame& frame, std::size_t number) {
  const std::string place = frame.module.empty()
                                ? hex_value(frame.pc.value)
                                : fmt::format("{}+{}", xml_line(frame.module), hex_value(frame.offset));
  const std::string file = frame.file.empty() ? std::string()
                                              : fmt::format("<span title=\"{}\">{}:{}</span>", xml_line(frame.file),
                                                            xml_line(file_name_of(frame.file)), frame.line);
  return fmt::format(
      "<tr{}><td class=\"number\">{}</td><td>{}{}</td><td>{}</td><td class=\"soft place\">{}</td></tr>\n",
      frame.in_bucket ? " class=\"counted\"" : "", number, frame.function.empty() ? place : xml_line(frame.function),
      remarks(frame), file, frame.function.empty() ? std::string() : place);
}

}  // namespace

std::string html_stack(const Stack& stack, const TextOptions& options, bool show_source) {
  if (stack.frames.empty()) {
    return stack.end_reason.empty() ? std::string()
                                    : fmt::format("<p class=\"soft\">no stack: {}</p>\n", xml_line(stack.end_reason));
  }
  std::string html = show_source ? innermost_source(stack, options) : std::string();
  html += "<div class=\"wide\"><table class=\"code stack\">\n";
  const auto total = static_cast<std::size_t>(stack.frames_total);
  const std::size_t hidden = total > stack.frames.size() ? total - stack.frames.size() : 0;
  for (std::size_t i = 0; i < stack.frames.size(); ++i) {
    const bool is_tail = hidden > 0 && i >= Stack::kHead;
    if (hidden > 0 && i == Stack::kHead) {
      html += fmt::format("<tr><td></td><td colspan=\"3\" class=\"soft\">{} frames between were not kept</td></tr>\n",
                          hidden);
    }
    html += frame_row(stack.frames[i], is_tail ? i + hidden : i);
  }
  html += "</table></div>\n";
  return stack.end_reason.empty()
             ? html
             : html + fmt::format("<p class=\"soft\">the stack ends here: {}</p>\n", xml_line(stack.end_reason));
}

std::string html_threads(const std::vector<ThreadRecord>& threads, std::uint32_t except_tid,
                         const TextOptions& options) {
  const std::vector<ThreadGroup> groups = group_threads(threads, except_tid);
  std::string html;
  for (std::size_t i = 0; i < std::min(groups.size(), kMostGroups); ++i) {
    html += html_folded(group_title(groups[i], false), html_stack(groups[i].threads.front()->stack, options, false));
  }
  return groups.size() <= kMostGroups
             ? html
             : html + fmt::format("<p class=\"soft\">{} more groups of threads: see the JSON report</p>\n",
                                  groups.size() - kMostGroups);
}

}  // namespace catcher
