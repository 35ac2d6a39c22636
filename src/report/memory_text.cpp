#include "report/memory_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/paint.h"
#include "triage/hex.h"
#include "triage/memory_words.h"
#include "triage/summary.h"

namespace catcher {

namespace {

constexpr std::size_t kShortHeaps = 5;
constexpr std::size_t kShortSizes = 3;
constexpr std::size_t kShortFiles = 3;
constexpr std::size_t kShortImages = 3;
constexpr std::size_t kShortStacks = 3;
constexpr std::size_t kShortProcesses = 3;
constexpr std::size_t kSparkColumns = 60;

std::string_view moment_words(MemoryMoment moment) {
  switch (moment) {
    case MemoryMoment::kExit:
      return "at its end";
    case MemoryMoment::kCrash:
      return "at the crash";
    case MemoryMoment::kTimeout:
      return "at the timeout";
    case MemoryMoment::kLimit:
      return "at the limit";
    case MemoryMoment::kInterrupted:
      return "at the interruption";
    case MemoryMoment::kKilled:
      return "before it was killed";
    case MemoryMoment::kLook:
      return "as it runs on";
  }
  return "";
}

// "... N more things (--full shows them)", when some are not shown.
std::string hidden(std::size_t all, std::size_t shown, std::string_view what) {
  return shown < all ? fmt::format("    ... {} more {} (--full shows them)\n", all - shown, what) : std::string();
}

std::size_t shown_of(std::size_t all, std::size_t few, const TextOptions& options) {
  return options.full ? all : std::min(all, few);
}

std::string shares_text(const std::vector<MemoryShare>& shares, std::string_view title, const AddressSummary& space) {
  std::string text =
      fmt::format("  {:<28}{:>8}{:>13}{:>10}{:>13}\n", title, "regions", "size", "% of busy", "committed");
  for (const MemoryShare& share : shares) {
    const bool is_free = share.name == "Free" || share.name == "MEM_FREE";
    text += fmt::format("  {:<28}{:>8}{:>13}{:>10}{:>13}\n", share.name, share.regions, describe_size(share.bytes),
                        is_free ? std::string() : percentage(share.bytes, space.busy()),
                        is_free ? std::string() : describe_size(share.committed));
  }
  return text;
}

std::string heap_text(const HeapSize& heap, const TextOptions& options) {
  std::string text =
      fmt::format("    {:<18}{:<9}{:>11}{:>13}{:>9}{:>13}{}\n", hex_value(heap.base.value), heap_kind_name(heap.kind),
                  describe_size(heap.reserved), describe_size(heap.committed), heap.big_blocks,
                  describe_size(heap.big_bytes), heap.is_process_heap ? "  process heap" : "");
  const std::size_t shown = shown_of(heap.big_sizes.size(), kShortSizes, options);
  for (std::size_t i = 0; i < shown; ++i) {
    const HeapBlocks& size = heap.big_sizes[i];
    text += fmt::format("      {} big block{} of {} bytes ({}): {}\n", size.count, size.count == 1 ? "" : "s",
                        hex_value(size.size), describe_size(size.size), describe_size(size.bytes));
  }
  return heap.note.empty() ? text : text + fmt::format("      note: {}\n", escape_for_terminal(heap.note));
}

std::string heaps_text(const MemorySnapshot& snapshot, const TextOptions& options) {
  if (snapshot.heaps.empty()) {
    return {};
  }
  std::string text = fmt::format("  heaps\n    {:<18}{:<9}{:>11}{:>13}{:>9}{:>13}\n", "base", "kind", "reserved",
                                 "committed", "big", "big size");
  const std::size_t shown = shown_of(snapshot.heaps.size(), kShortHeaps, options);
  for (std::size_t i = 0; i < shown; ++i) {
    text += heap_text(snapshot.heaps[i], options);
  }
  return text + hidden(snapshot.heaps.size(), shown, "heaps");
}

std::string mapped_text(const std::vector<MappedSize>& sizes, std::string_view title, std::size_t few,
                        const TextOptions& options) {
  if (sizes.empty()) {
    return {};
  }
  std::string text = fmt::format("  {}\n", title);
  const std::size_t shown = shown_of(sizes.size(), few, options);
  for (std::size_t i = 0; i < shown; ++i) {
    const MappedSize& size = sizes[i];
    text += fmt::format("    {:>11}  {}{}\n", describe_size(size.bytes),
                        escape_for_terminal(size.name.empty() ? "(no name)" : size.name),
                        size.views > 1 ? fmt::format(" ({} views)", size.views) : std::string());
  }
  return text + hidden(sizes.size(), shown, title == "biggest images" ? "images" : "files");
}

std::string stacks_text(const MemorySnapshot& snapshot, const TextOptions& options) {
  if (snapshot.stacks.empty()) {
    return {};
  }
  std::string text =
      fmt::format("  stacks of {} thread{}\n", snapshot.stack_count, snapshot.stack_count == 1 ? "" : "s");
  const std::size_t shown = shown_of(snapshot.stacks.size(), kShortStacks, options);
  for (std::size_t i = 0; i < shown; ++i) {
    const ThreadStackSize& stack = snapshot.stacks[i];
    text += fmt::format("    thread {}{}: {} committed of {}{}\n", stack.tid,
                        stack.name.empty() ? "" : fmt::format(" \"{}\"", escape_for_terminal(stack.name)),
                        describe_size(stack.committed), describe_size(stack.reserved),
                        stack.used == 0 ? "" : fmt::format(", {} in use", describe_size(stack.used)));
  }
  return text + hidden(snapshot.stacks.size(), shown, "stacks");
}

std::string free_text(const AddressSummary& space) {
  return fmt::format("  largest free region {} at {}; {} of the free memory lies outside it{}\n",
                     describe_size(space.largest_free), hex_value(space.largest_free_at.value),
                     fmt::format("{:.1f} %", 100.0 * space.fragmentation()),
                     space.is_complete ? "" : "; there are more regions than were looked at");
}

std::string snapshot_text(const ProcessMemoryReport& process, const MemorySnapshot& snapshot,
                          const TextOptions& options) {
  const Paint paint(options.colour);
  std::string text = fmt::format("\nmemory of {} {} {}\n", process.pid, escape_for_terminal(process.image),
                                 moment_words(snapshot.moment));
  text += fmt::format("  {}\n", paint.strong(escape_for_terminal(snapshot.headline)));
  text += shares_text(snapshot.space.uses, "use", snapshot.space);
  if (options.full) {
    text += shares_text(snapshot.space.types, "type", snapshot.space);
    text += shares_text(snapshot.space.protections, "protection", snapshot.space);
  }
  text += shares_text(snapshot.space.states, "state", snapshot.space);
  text += free_text(snapshot.space);
  text += heaps_text(snapshot, options);
  text += stacks_text(snapshot, options);
  text += mapped_text(snapshot.files, "biggest mapped files", kShortFiles, options);
  return text + (options.full ? mapped_text(snapshot.images, "biggest images", kShortImages, options) : std::string());
}

std::string timeline_text(const MemoryReport& memory, const TextOptions& options) {
  const std::string line = sparkline(memory.timeline, kSparkColumns, options.ascii);
  if (line.empty()) {
    return {};
  }
  std::uint64_t highest = 0;
  for (const MemorySample& sample : memory.timeline) {
    highest = std::max(highest, sample.committed);
  }
  return fmt::format("\ncommitted memory over {}, at most {}\n  {}\n", describe_duration(memory.timeline.back().time),
                     describe_size(highest), line);
}

}  // namespace

std::string memory_text(const MemoryReport& memory, const TextOptions& options) {
  std::string text;
  const std::size_t shown = shown_of(memory.processes.size(), kShortProcesses, options);
  for (std::size_t i = 0; i < shown; ++i) {
    const ProcessMemoryReport& process = memory.processes[i];
    text += process.snapshot ? snapshot_text(process, *process.snapshot, options)
                             : fmt::format("\nmemory of {} {}: not seen, {}\n", process.pid,
                                           escape_for_terminal(process.image), escape_for_terminal(process.problem));
  }
  text += hidden(memory.processes.size(), shown, "processes");
  return text + timeline_text(memory, options);
}

}  // namespace catcher
