#include "report/stack_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "report/escape.h"
#include "report/paint.h"
#include "triage/hex.h"
#include "triage/recursion.h"

namespace catcher {

namespace {

constexpr std::size_t kShortNameLength = 160;  // names of templates can run to thousands of characters
constexpr std::size_t kShortTidCount = 8;
constexpr std::size_t kLeastRecursion = 3;
constexpr std::string_view kIndent = "        ";

std::string shortened(const std::string& text, bool full) {
  if (full || text.size() <= kShortNameLength) {
    return escape_for_terminal(text);
  }
  // to_valid_utf8 would mark the cut as damage: cut between code points.
  std::size_t end = kShortNameLength;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
    --end;
  }
  return escape_for_terminal(std::string_view(text).substr(0, end)) + "...";
}

std::string module_and_offset(const Frame& frame) {
  return frame.module.empty() ? hex_value(frame.pc.value)
                              : fmt::format("{}+{}", escape_for_terminal(frame.module), hex_value(frame.offset));
}

std::string frame_remarks(const Frame& frame) {
  std::string remarks;
  if (frame.is_inline) {
    remarks += " (inlined)";
  }
  if (frame.source == FrameSource::kScan) {
    remarks += " (found by scanning)";
  }
  if (frame.module.empty() && !frame.is_inline) {
    remarks += " (in no module)";
  }
  return remarks;
}

std::string frame_text(const Frame& frame, std::size_t number, const TextOptions& options) {
  const Paint paint(options.colour);
  std::string text = fmt::format("  {} {:>3} ", frame.in_bucket ? '*' : ' ', number);
  if (frame.function.empty()) {
    return text + module_and_offset(frame) + frame_remarks(frame);
  }
  text += paint.strong(shortened(frame.function, options.full));
  if (!frame.file.empty()) {
    text += fmt::format(" at {}:{}", shortened(frame.file, options.full), frame.line);
  }
  return text + frame_remarks(frame) + paint.faint(fmt::format(" [{}]", module_and_offset(frame)));
}

// Frames of one function count as the same, wherever in it the calls are: quicksort calls itself from two places.
std::vector<std::size_t> frame_keys(std::span<const Frame> frames) {
  std::map<std::string, std::size_t> seen;
  std::vector<std::size_t> keys;
  keys.reserve(frames.size());
  for (const Frame& frame : frames) {
    const std::string key = frame.function.empty()
                                ? frame.module + "+" + hex_value(frame.module.empty() ? frame.pc.value : frame.offset)
                                : frame.module + "!" + frame.function;
    keys.push_back(seen.try_emplace(key, seen.size()).first->second);
  }
  return keys;
}

std::string fold_text(const Repeat& repeat) {
  return repeat.period == 1
             ? fmt::format("{}... the frame above stands here {} times in a row\n", kIndent, repeat.count)
             : fmt::format("{}... the {} frames above stand here {} times in a row\n", kIndent, repeat.period,
                           repeat.count);
}

// Writes the lines of one stack: the head, the gap and the tail of a deep one share the numbering and the limit of
// lines.
class StackWriter {
 public:
  StackWriter(const TextOptions& options, std::size_t max_lines, bool show_source)
      : options_(options), max_lines_(max_lines), show_source_(show_source) {}

  void write(std::span<const Frame> frames, std::size_t first_number) {
    for (const Repeat& repeat : find_repeats(frame_keys(frames), frames.size(), kLeastRecursion)) {
      if (lines_ >= max_lines_) {
        hidden_ += repeat.length();
        continue;
      }
      for (std::size_t i = 0; i < repeat.period; ++i) {
        write_frame(frames[repeat.begin + i], first_number + repeat.begin + i);
      }
      if (repeat.count > 1) {
        text_ += fold_text(repeat);
        ++lines_;
      }
    }
  }

  void write_gap(std::size_t frames) {
    if (lines_ >= max_lines_) {
      hidden_ += frames;
      return;
    }
    text_ += fmt::format("{}... {} frames between were not kept\n", kIndent, frames);
    ++lines_;
  }

  std::string finish(const std::string& end_reason) && {
    if (hidden_ > 0) {
      text_ += fmt::format("{}... {} more frames (--full shows them)\n", kIndent, hidden_);
    } else if (!end_reason.empty()) {
      text_ += fmt::format("{}(the stack ends here: {})\n", kIndent, escape_for_terminal(end_reason));
    }
    return std::move(text_);
  }

 private:
  void write_frame(const Frame& frame, std::size_t number) {
    text_ += frame_text(frame, number, options_) + '\n';
    ++lines_;
    if (!show_source_ || !options_.source_line || frame.file.empty() || frame.line == 0) {
      return;
    }
    if (const auto line = options_.source_line(frame.file, frame.line)) {
      const std::size_t code = line->find_first_not_of(" \t");
      text_ += fmt::format("{}{} | {}\n", kIndent, frame.line,
                           code == std::string::npos ? "" : shortened(line->substr(code), options_.full));
      ++lines_;
      show_source_ = false;  // one is enough: that of the fault
    }
  }

  const TextOptions& options_;
  std::size_t max_lines_;
  bool show_source_;
  std::string text_;
  std::size_t lines_ = 0;
  std::size_t hidden_ = 0;
};

}  // namespace

bool same_stack(const Stack& a, const Stack& b) {
  const auto same_frame = [](const Frame& x, const Frame& y) {
    return x.pc == y.pc && x.is_inline == y.is_inline && x.module == y.module && x.function == y.function;
  };
  return a.frames_total == b.frames_total && std::ranges::equal(a.frames, b.frames, same_frame);
}

std::string stack_text(const Stack& stack, const TextOptions& options, std::size_t max_lines, bool show_source) {
  const std::span<const Frame> frames = stack.frames;
  StackWriter writer(options, options.full ? kNoLimit : max_lines, show_source);
  if (stack.frames_total <= frames.size()) {
    writer.write(frames, 0);
  } else {
    const std::size_t head = std::min(frames.size(), Stack::kHead);
    const std::size_t tail = frames.size() - head;
    const auto total = static_cast<std::size_t>(stack.frames_total);
    writer.write(frames.first(head), 0);
    writer.write_gap(total - frames.size());
    writer.write(frames.last(tail), total - tail);
  }
  return std::move(writer).finish(stack.end_reason);
}

std::string stack_in_one_line(const Stack& stack, std::size_t max_functions) {
  std::string text;
  std::size_t functions = 0;
  for (const Frame& frame : stack.frames) {
    if (functions == max_functions) {
      break;
    }
    text += text.empty() ? "" : " <- ";
    text += frame.function.empty() ? module_and_offset(frame) : shortened(frame.function, false);
    ++functions;
  }
  return text;
}

std::vector<ThreadGroup> group_threads(const std::vector<ThreadRecord>& threads, std::uint32_t except_tid) {
  std::vector<ThreadGroup> groups;
  for (const ThreadRecord& thread : threads) {
    if (thread.tid == except_tid) {
      continue;
    }
    const auto same = std::ranges::find_if(groups, [&](const ThreadGroup& group) {
      const ThreadRecord& first = *group.threads.front();
      return first.state == thread.state && same_stack(first.stack, thread.stack);
    });
    if (same == groups.end()) {
      groups.push_back({{&thread}});
    } else {
      same->threads.push_back(&thread);
    }
  }
  return groups;
}

std::string group_title(const ThreadGroup& group, bool full) {
  const ThreadRecord& first = *group.threads.front();
  std::string text;
  if (group.threads.size() == 1) {
    text = fmt::format("thread {}", first.tid);
    if (!first.name.empty()) {
      text += fmt::format(" \"{}\"", escape_for_terminal(first.name));
    }
  } else {
    const std::size_t shown = full ? group.threads.size() : std::min(group.threads.size(), kShortTidCount);
    std::string tids;
    for (std::size_t i = 0; i < shown; ++i) {
      tids += fmt::format("{}{}", i == 0 ? "" : ", ", group.threads[i]->tid);
    }
    text = fmt::format("{} threads ({}{})", group.threads.size(), tids, shown < group.threads.size() ? ", ..." : "");
  }
  return first.state.empty() ? text : fmt::format("{}: {}", text, escape_for_terminal(first.state));
}

}  // namespace catcher
