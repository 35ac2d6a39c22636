#include "triage/allocation_words.h"

#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>

namespace catcher {
namespace {

std::string_view noun(const AllocationGroup& group) {
  const bool one = group.count == 1;
  switch (group.kind) {
    case AllocationKind::kMappedView:
      return one ? "mapped view" : "mapped views";
    case AllocationKind::kHeapBlock:
    case AllocationKind::kVirtual:
    case AllocationKind::kHeapGrowth:
      break;
  }
  return one ? "block" : "blocks";
}

// "189 blocks x 16.0 MB = 2.95 GB"
std::string amount_text(const AllocationGroup& group) {
  if (group.kind == AllocationKind::kHeapGrowth) {
    return fmt::format("a heap grew by {} in {} {}", describe_amount(group.bytes), group.count,
                       group.count == 1 ? "step" : "steps");
  }
  std::uint64_t smallest = UINT64_MAX;
  std::uint64_t largest = 0;
  std::uint64_t bytes = 0;
  for (const AllocationSizes& sizes : group.sizes) {
    bytes += sizes.bytes;
    smallest = std::min(smallest, sizes.smallest);
    largest = std::max(largest, sizes.largest);
  }
  // Blocks that are not committed as a whole: their sizes do not add up to their bytes.
  const bool is_partly_reserved = group.bytes != group.reserved && group.kind != AllocationKind::kHeapBlock;
  std::string text;
  if (smallest >= largest) {
    text = group.count == 1 ? fmt::format("1 {} of {}", noun(group), describe_amount(largest))
                            : fmt::format("{} {} x {}", group.count, noun(group), describe_amount(largest));
  } else {
    text =
        fmt::format("{} {} of {} to {}", group.count, noun(group), describe_amount(smallest), describe_amount(largest));
  }
  if (is_partly_reserved) {
    return text + fmt::format(", {} committed", describe_amount(group.bytes));
  }
  return group.count == 1 ? text : text + fmt::format(" = {}", describe_amount(bytes));
}

}  // namespace

std::string_view allocation_kind_name(AllocationKind kind) {
  switch (kind) {
    case AllocationKind::kVirtual:
      return "virtual";
    case AllocationKind::kHeapBlock:
      return "heap_block";
    case AllocationKind::kHeapGrowth:
      return "heap_growth";
    case AllocationKind::kMappedView:
      return "mapped_view";
  }
  return "";
}

std::string describe_amount(std::uint64_t bytes) {
  constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
  return bytes >= kGigabyte && bytes < 1023 * kGigabyte
             ? fmt::format("{:.2f} GB", static_cast<double>(bytes) / static_cast<double>(kGigabyte))
             : describe_size(bytes);
}

std::string describe_allocation_path(const AllocationGroup& group) {
  constexpr std::size_t kMostShown = 4;
  const auto& path = group.path;
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.size() > kMostShown && i == 2) {
      text += " <- ...";
      i = path.size() - 1;
    }
    // The innermost one says its module: that is whose allocation it is.
    const std::size_t name = i == 0 ? 0 : path[i].find('!') + 1;
    text += fmt::format("{}{}", text.empty() ? "" : " <- ", std::string_view(path[i]).substr(name));
  }
  return text;
}

std::string summarize_allocation(const AllocationGroup& group) {
  std::string text = fmt::format("{} (pid {}): {}", group.image, group.pid, amount_text(group));
  const std::string path = describe_allocation_path(group);
  const bool is_growth = group.kind == AllocationKind::kHeapGrowth;
  if (!path.empty()) {
    text += fmt::format(", {} by {}", is_growth ? "asked for" : "allocated", path);
  } else {
    text += ", not by code of the program itself";
  }
  if (!is_growth) {
    text += group.freed == 0 ? ", none freed" : fmt::format(", {} of {} freed", group.freed, group.allocated);
  }
  return text + (group.grows ? ", growing to the end" : "");
}

const Frame* own_frame(const AllocationGroup& group) {
  return group.own_frame < group.stack.frames.size() ? &group.stack.frames[group.own_frame] : nullptr;
}

const AllocationGroup* worst_leak(const AllocationHistory& history) {
  const auto found = std::ranges::find_if(history.groups, &AllocationGroup::is_defect);
  return found == history.groups.end() ? nullptr : &*found;
}

}  // namespace catcher
