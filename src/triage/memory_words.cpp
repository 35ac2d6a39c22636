#include "triage/memory_words.h"

#include "triage/allocation_words.h"
#include "triage/hex.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace catcher {
namespace {

// Blocks take some more address space than their owner asked for.
std::uint64_t asked_for(const HeapBlocks& blocks) {
  return blocks.size <= blocks.bytes / blocks.count ? blocks.size * blocks.count : blocks.bytes;
}

// The block size that takes most of any heap, when big blocks are what the heaps are full of.
std::string describe_big_blocks(const MemorySnapshot& snapshot) {
  const HeapSize* most = nullptr;
  for (const HeapSize& heap : snapshot.heaps) {
    if (heap.big_blocks > 0 && (most == nullptr || heap.big_bytes > most->big_bytes)) {
      most = &heap;
    }
  }
  if (most == nullptr || most->big_sizes.empty() || most->big_bytes < snapshot.space.busy() / 4) {
    return {};
  }
  const HeapBlocks& top = most->big_sizes.front();
  const std::string which = fmt::format("heap {} has {} big block{}, {}", hex_value(most->base.value), most->big_blocks,
                                        most->big_blocks == 1 ? "" : "s", describe_amount(most->big_bytes));
  return top.count < 2
             ? ": " + which
             : fmt::format(": {}; {} of them have {} bytes ({} x {} = {})", which, top.count, hex_value(top.size),
                           top.count, describe_amount(top.size), describe_amount(asked_for(top)));
}

}  // namespace

std::string_view memory_moment_name(MemoryMoment moment) {
  switch (moment) {
    case MemoryMoment::kExit:
      return "exit";
    case MemoryMoment::kCrash:
      return "crash";
    case MemoryMoment::kTimeout:
      return "timeout";
    case MemoryMoment::kLimit:
      return "limit";
    case MemoryMoment::kInterrupted:
      return "interrupted";
    case MemoryMoment::kKilled:
      return "killed";
    case MemoryMoment::kLook:
      return "look";
  }
  return "";
}

std::string_view heap_kind_name(HeapKind kind) {
  switch (kind) {
    case HeapKind::kNt:
      return "nt";
    case HeapKind::kSegment:
      return "segment";
    case HeapKind::kUnknown:
      return "unknown";
  }
  return "";
}

std::string percentage(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? std::string("0.0 %")
                    : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string describe_memory(const MemorySnapshot& snapshot) {
  const auto& uses = snapshot.space.uses;
  const std::uint64_t busy = snapshot.space.busy();
  if (uses.empty() || uses.front().name == "Free" || busy == 0) {
    return "no memory could be seen";
  }
  const MemoryShare& top = uses.front();
  return fmt::format("{} {} of {} in use{}", top.name, percentage(top.bytes, busy), describe_amount(busy),
                     top.name == "Heap" ? describe_big_blocks(snapshot) : std::string());
}

std::string sparkline(const std::vector<MemorySample>& samples, std::size_t columns, bool ascii) {
  static constexpr std::array<std::string_view, 8> kBlocks{"\u2581", "\u2582", "\u2583", "\u2584",
                                                           "\u2585", "\u2586", "\u2587", "\u2588"};
  static constexpr std::string_view kLetters = "_.-~=+*#";
  if (samples.size() < 2 || columns == 0) {
    return {};
  }
  const auto begin = samples.front().time;
  const auto span = std::max<std::int64_t>((samples.back().time - begin).count(), 1);
  std::vector<std::uint64_t> heights(columns, 0);
  std::uint64_t highest = 1;
  for (const MemorySample& sample : samples) {
    const auto at = static_cast<std::uint64_t>(std::clamp<std::int64_t>((sample.time - begin).count(), 0, span));
    std::uint64_t& height = heights[static_cast<std::size_t>(at * (columns - 1) / static_cast<std::uint64_t>(span))];
    height = std::max(height, sample.committed);
    highest = std::max(highest, sample.committed);
  }
  std::string line;
  std::uint64_t last = 0;
  for (const std::uint64_t height : heights) {
    last = height == 0 ? last : height;  // nothing was measured in this column: as before
    const auto level = static_cast<std::size_t>(static_cast<double>(last) / static_cast<double>(highest) * 7.0);
    line += ascii ? std::string_view(&kLetters[std::min<std::size_t>(level, 7)], 1)
                  : kBlocks[std::min<std::size_t>(level, 7)];
  }
  return line;
}

}  // namespace catcher
