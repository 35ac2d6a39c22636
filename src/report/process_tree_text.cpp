#include "report/process_tree_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "report/escape.h"
#include "report/paint.h"
#include "report/process_order.h"
#include "triage/path_name.h"
#include "triage/summary.h"

namespace catcher {

namespace {

constexpr std::size_t kShortTree = 20;      // lines
constexpr std::size_t kDeepestIndent = 16;  // levels

std::string image_text(const ProcessRecord& process, bool full) {
  const std::string_view path = process.image;
  return escape_for_terminal(full ? path : file_name_of(path));
}

std::string end_text(const ProcessRecord& process, const Paint& paint) {
  const std::string status = process.exit_status ? describe_exit_status(*process.exit_status) : "exit code unknown";
  switch (process.ended) {
    case HowEnded::kItself:
      return process.end || process.exit_status ? status : "did not end";
    case HowEnded::kCrash:
      return paint.alarm("crashed") + (process.exit_status ? ", " + status : "");
    case HowEnded::kKilled:
      return paint.caution("killed by catcher");
    case HowEnded::kDetached:
      return "left running";
  }
  return status;
}

std::string process_line(const ProcessRecord& process, std::size_t depth, const TextOptions& options) {
  const Paint paint(options.colour);
  std::string line =
      fmt::format("{:{}}{} {}{}  {}", "", 4 + 2 * std::min(depth, kDeepestIndent), process.pid,
                  image_text(process, options.full), process.bits == 32 ? " (32-bit)" : "", end_text(process, paint));
  if (process.end) {
    line += paint.faint(fmt::format(" after {}", describe_duration(*process.end - process.start)));
  }
  if (!process.followed) {
    line += ", not debugged by catcher";
  }
  if (options.full && !process.command_line.empty()) {
    line += paint.faint("  " + escape_for_terminal(process.command_line));
  }
  return line + '\n';
}

}  // namespace

std::string process_tree_text(const std::vector<ProcessRecord>& processes, const TextOptions& options) {
  std::string text;
  std::size_t lines = 0;
  for (const ProcessPlace& place : tree_order(processes)) {
    if (!options.full && lines == kShortTree) {
      text += fmt::format("    ... {} more processes (--full shows them)\n", processes.size() - lines);
      break;
    }
    text += process_line(processes[place.index], place.depth, options);
    ++lines;
  }
  return text;
}

}  // namespace catcher
