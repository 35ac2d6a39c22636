#include "report/allocations_text.h"

#include "report/escape.h"
#include "report/paint.h"
#include "report/stack_text.h"
#include "triage/allocation_words.h"

#include <fmt/format.h>

#include <cstddef>

namespace catcher {

namespace {

constexpr std::size_t kShortGroups = 5;
constexpr std::size_t kShortStack = 16;                          // lines
constexpr std::uint64_t kWorthTelling = std::uint64_t{1} << 20;  // bytes

// What the system and the C runtime need for themselves is no news.
bool is_worth_telling(const AllocationGroup& group, bool full) {
  return full || group.is_defect || (!group.path.empty() && (group.grows || group.bytes >= kWorthTelling));
}

std::string growth_text(const AllocationGroup& group) {
  std::string text;
  for (const AllocationSample& sample : group.growth) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", describe_amount(sample.bytes));
  }
  return text;
}

std::string group_text(const AllocationGroup& group, const TextOptions& options) {
  const Paint paint(options.colour);
  const std::string summary = escape_for_terminal(group.summary);
  std::string text = fmt::format("  {}\n", group.is_defect ? paint.alarm(summary) : summary);
  text += fmt::format("    allocated   between {} and {} ms by {}\n", group.first.count(), group.last.count(),
                      group.function);
  if (group.grows || (options.full && !group.growth.empty())) {
    text += fmt::format("    growth      {}\n", growth_text(group));
  }
  if (group.sizes.size() > 1) {
    for (const AllocationSizes& sizes : group.sizes) {
      const std::string smallest = describe_amount(sizes.smallest);
      const std::string largest = describe_amount(sizes.largest);
      text += fmt::format("    {:>10}  x {}{}\n", sizes.count, smallest, smallest == largest ? "" : " to " + largest);
    }
  }
  return text + stack_text(group.stack, options, kShortStack, false);
}

std::string count_text(const AllocationCount& count) {
  std::string text = fmt::format("  {} (pid {}): {} allocations seen, {} given back, {} left with {}",
                                 escape_for_terminal(count.image), count.pid, count.allocated, count.freed, count.live,
                                 describe_amount(count.live_bytes));
  if (count.begins) {
    text += fmt::format("; seen only from {} ms on, when catcher came", count.begins->count());
  }
  if (count.stopped) {
    text += fmt::format("; seen only until {} ms: too many calls (--probe-rate)", count.stopped->count());
  }
  return text + '\n';
}

}  // namespace

std::string allocations_text(const AllocationHistory& history, const TextOptions& options) {
  std::string text = "\nwho allocated what is still there\n";
  for (const AllocationCount& count : history.processes) {
    text += count_text(count);
  }
  std::size_t wanted = 0;
  for (const AllocationGroup& group : history.groups) {
    if (is_worth_telling(group, options.full) && (wanted++ < kShortGroups || options.full)) {
      text += group_text(group, options);
    }
  }
  if (wanted > kShortGroups && !options.full) {
    text += fmt::format("  ... {} more places (--full shows them)\n", wanted - kShortGroups);
  }
  if (wanted == 0) {
    text += "  nothing of 1 MB or more from one place of the program\n";
  }
  return text +
         "  (blocks too small to have address space of their own, below some 512 KB to 1 MB, are part of a heap: "
         "where it grew is told, not who keeps what)\n";
}

}  // namespace catcher
