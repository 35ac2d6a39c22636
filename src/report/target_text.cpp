#include "report/target_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "report/escape.h"

namespace catcher {

namespace {

constexpr std::size_t kShortOutput = 5;        // lines
constexpr std::size_t kShortLineLength = 400;  // bytes; a line without an end can be as long as all that was kept

bool is_cut(const CapturedStream& stream) {
  return stream.bytes > stream.tail.size();
}

// Without line ends, and without the empty lines at the end.
std::vector<std::string_view> lines_of(std::string_view text) {
  const std::size_t end = text.find_last_not_of("\r\n");
  text = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    std::string_view line = text.substr(0, length);
    text = length == std::string_view::npos ? std::string_view() : text.substr(length + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    lines.push_back(line);
  }
  return lines;
}

std::string line_text(std::string_view line, bool full) {
  if (full || line.size() <= kShortLineLength) {
    return fmt::format("    {}\n", escape_for_terminal(line));
  }
  return fmt::format("    ...{}\n", escape_for_terminal(line.substr(line.size() - kShortLineLength)));
}

std::string stream_text(const CapturedStream& stream, std::string_view name, bool full) {
  const std::vector<std::string_view> lines = lines_of(stream.tail);
  if (lines.empty()) {
    return {};
  }
  const bool all = !is_cut(stream) && (full || lines.size() <= kShortOutput);
  std::string text = fmt::format("\n{}{} of the target\n", all ? "" : "end of the ", name);
  for (std::size_t i = full || lines.size() <= kShortOutput ? 0 : lines.size() - kShortOutput; i < lines.size(); ++i) {
    text += line_text(lines[i], full);
  }
  return text;
}

}  // namespace

std::string captured_text(const CapturedOutput& captured, const TextOptions& options) {
  if (captured.passed_through && !options.full) {
    return {};
  }
  const std::string error = stream_text(captured.error, "stderr", options.full);
  if (!error.empty() && !options.full) {
    return error;
  }
  return error + stream_text(captured.out, "stdout", options.full);
}

std::string surroundings_row(const RunReport& report) {
  const Surroundings& surroundings = report.surroundings;
  std::string text;
  const auto add = [&text](std::string_view what) {
    text += text.empty() ? "" : ", ";
    text += what;
  };
  for (const EnvironmentVariable& variable : surroundings.variables) {
    add(fmt::format("{}={}", variable.name, variable.value));
  }
  if (!surroundings.directory.empty()) {
    add("directory " + surroundings.directory);
  }
  if (!report.stdin_file.empty()) {
    add("stdin " + report.stdin_file);
  }
  for (const auto& [is_so, words] :
       {std::pair{surroundings.debug_heap, "debug heap"}, std::pair{surroundings.strict_handles, "strict handles"},
        std::pair{surroundings.run_as_is, "run as is"}}) {
    if (is_so) {
      add(words);
    }
  }
  return text.empty() ? text : fmt::format("  surroundings {}\n", escape_for_terminal(text));
}

}  // namespace catcher
