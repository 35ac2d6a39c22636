#include "report/process_tree_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "report/escape.h"
#include "report/paint.h"
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

// Where a process stands in the tree.
struct TreePlace {
  std::size_t parent;  // index; the number of processes for those whose parent is none of them
  std::size_t depth = 0;
};

// A pid can be used again within one run: the parent is the latest before the child that has the number.
std::vector<TreePlace> places_of(const std::vector<ProcessRecord>& processes) {
  std::vector<TreePlace> places;
  places.reserve(processes.size());
  for (std::size_t child = 0; child < processes.size(); ++child) {
    TreePlace place{processes.size()};
    for (std::size_t i = child; i-- > 0;) {
      if (processes[i].pid == processes[child].parent_pid) {
        place = {i, places[i].depth + 1};
        break;
      }
    }
    places.push_back(place);
  }
  return places;
}

// The processes in the order in which a tree is written: each followed by its descendants.
std::vector<std::size_t> tree_order(const std::vector<TreePlace>& places) {
  const std::size_t count = places.size();
  std::vector<std::vector<std::size_t>> children(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    children[places[i].parent].push_back(i);
  }
  std::vector<std::size_t> order;
  std::vector<std::size_t> open(children[count].rbegin(), children[count].rend());
  while (!open.empty()) {
    const std::size_t next = open.back();
    open.pop_back();
    order.push_back(next);
    open.insert(open.end(), children[next].rbegin(), children[next].rend());
  }
  return order;
}

}  // namespace

std::string process_tree_text(const std::vector<ProcessRecord>& processes, const TextOptions& options) {
  const std::vector<TreePlace> places = places_of(processes);
  std::string text;
  std::size_t lines = 0;
  for (const std::size_t index : tree_order(places)) {
    if (!options.full && lines == kShortTree) {
      text += fmt::format("    ... {} more processes (--full shows them)\n", processes.size() - lines);
      break;
    }
    text += process_line(processes[index], places[index].depth, options);
    ++lines;
  }
  return text;
}

}  // namespace catcher
