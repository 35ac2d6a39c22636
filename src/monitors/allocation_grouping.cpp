#include "monitors/allocation_grouping.h"

#include "triage/allocation_words.h"

#include <algorithm>
#include <array>
#include <bit>

namespace catcher {
namespace {

// A report with more than these helps nobody.
constexpr std::size_t kMostGroups = 200;

// More sizes than these are put into classes, each twice as big as the one before.
constexpr std::size_t kMostSizes = 8;

constexpr std::uint64_t kGrowthSteps = 8;

// Beyond so many places those of which nothing is left stay without a name: they tell only how much was freed.
constexpr AllocationPlace kMostNamed = 5'000;

// A heap leaves less than this of a big block's address space uncommitted, and much more of what it means to grow into.
constexpr std::uint64_t kHeapBlockMargin = 128u << 10;

std::string key_of(const NamedAllocationPlace& place) {
  std::string key;
  for (const std::string& function : place.path) {
    key += function;
    key += '\n';
  }
  if (key.empty()) {  // the system's own: they differ by what it was doing
    for (const Frame& frame : place.stack.frames) {
      key += frame.module;
      key += '!';
      key += frame.function;
      key += '\n';
    }
  }
  return key;
}

std::vector<AllocationSizes> classes_of(const std::map<std::uint64_t, AllocationSizes>& sizes) {
  std::map<std::uint64_t, AllocationSizes> classes;
  for (const auto& [size, one] : sizes) {
    AllocationSizes& sum =
        classes[sizes.size() <= kMostSizes ? size : static_cast<std::uint64_t>(std::bit_width(size))];
    sum.smallest = sum.count == 0 ? one.smallest : std::min(sum.smallest, one.smallest);
    sum.largest = std::max(sum.largest, one.largest);
    sum.count += one.count;
    sum.bytes += one.bytes;
  }
  std::vector<AllocationSizes> result;
  for (const auto& [number, one] : classes) {
    result.push_back(one);
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const AllocationSizes& a, const AllocationSizes& b) { return a.bytes > b.bytes; });
  return result;
}

}  // namespace

AllocationGrouping::AllocationGrouping(const AllocationTable& table, Namer namer, AllocationPlace places, Time end)
    : table_(table), namer_(std::move(namer)), places_(places), end_(end) {}

const NamedAllocationPlace& AllocationGrouping::named(AllocationPlace place) {
  const auto known = named_.find(place);
  return known != named_.end() ? known->second : named_.emplace(place, namer_(place)).first->second;
}

AllocationKind AllocationGrouping::kind_of(const AllocatedBlock& block) {
  if (block.is_view) {
    return AllocationKind::kMappedView;
  }
  const AllocatorRole role = named(block.place).role;
  if (role == AllocatorRole::kNone) {
    return AllocationKind::kVirtual;
  }
  const bool is_whole = block.commits == 1 && block.first_commit + kHeapBlockMargin >= block.size;
  return is_whole && role == AllocatorRole::kHeap ? AllocationKind::kHeapBlock : AllocationKind::kHeapGrowth;
}

AllocationGrouping::Group& AllocationGrouping::group_of(AllocationKind kind, AllocationPlace place) {
  Group& group = groups_[{kind, key_of(named(place))}];
  group.result.kind = kind;
  group.places.insert(place);
  return group;
}

void AllocationGrouping::add(Address base, const AllocatedBlock& block) {
  const AllocationKind kind = kind_of(block);
  if (kind == AllocationKind::kHeapGrowth && !block.growth.empty()) {
    for (const auto& [place, growth] : block.growth) {
      add_growth(place, base, growth);
    }
    return;
  }
  Group& group = group_of(kind, block.place);
  AllocationGroup& result = group.result;
  result.first = result.count == 0 ? block.time : std::min(result.first, block.time);
  result.last = std::max(result.last, block.time);
  ++result.count;
  result.bytes += block.bytes();
  result.reserved += block.size;
  if (result.example.value == 0 || block.bytes() > group.biggest_bytes) {
    result.example = base;
    group.biggest = block.place;
    group.biggest_bytes = block.bytes();
  }
  AllocationSizes& sizes = group.sizes[block.size];
  sizes.smallest = block.size;
  sizes.largest = block.size;
  ++sizes.count;
  sizes.bytes += block.bytes();
}

void AllocationGrouping::add_growth(AllocationPlace place, Address base, const BlockGrowth& growth) {
  Group& group = group_of(AllocationKind::kHeapGrowth, place);
  AllocationGroup& result = group.result;
  result.first = result.count == 0 ? growth.first : std::min(result.first, growth.first);
  result.last = std::max(result.last, growth.last);
  result.count += growth.steps;
  result.bytes += growth.bytes;
  if (result.example.value == 0 || growth.bytes > group.biggest_bytes) {
    result.example = base;
    group.biggest = place;
    group.biggest_bytes = growth.bytes;
  }
}

// Also the places of which nothing is left count, where their names are those of a group.
void AllocationGrouping::count_freed() {
  for (AllocationPlace place = 0; place < places_; ++place) {
    if (place >= kMostNamed && !named_.contains(place)) {
      continue;
    }
    const AllocationPlaceHistory* history = table_.history(place);
    if (history == nullptr || history->allocated == 0) {
      continue;
    }
    const std::string key = key_of(named(place));
    for (const AllocationKind kind :
         {AllocationKind::kVirtual, AllocationKind::kHeapBlock, AllocationKind::kMappedView}) {
      const auto group = groups_.find({kind, key});
      const bool fits = group != groups_.end() && (kind == AllocationKind::kMappedView) == history->maps;
      if (fits) {
        group->second.places.insert(place);
        group->second.result.allocated += history->allocated;
        group->second.result.freed += history->freed;
      }
    }
  }
}

void AllocationGrouping::finish(Group& group, std::optional<std::uint64_t> leak_limit) {
  AllocationGroup& result = group.result;
  const NamedAllocationPlace& place = named(group.biggest);
  result.stack = place.stack;
  result.own_frame = place.own_frame;
  result.path = place.path;
  result.function = place.function;
  result.sizes = classes_of(group.sizes);
  if (result.kind == AllocationKind::kHeapGrowth) {
    result.reserved = result.bytes;
    return;
  }
  std::vector<std::uint64_t> amounts;
  const Time life = end_ - result.first;
  for (std::uint64_t step = 0; step <= kGrowthSteps; ++step) {
    const Time moment = result.first + life * static_cast<Time::rep>(step) / static_cast<Time::rep>(kGrowthSteps);
    std::uint64_t bytes = 0;
    for (const AllocationPlace one : group.places) {
      const AllocationPlaceHistory* history = table_.history(one);
      bytes += history == nullptr ? 0 : history->series.at(moment);
    }
    result.growth.push_back({moment, bytes});
    amounts.push_back(bytes);
  }
  result.grows = grows_steadily(amounts);
  result.is_defect = leak_limit && result.bytes > *leak_limit && !result.path.empty();
}

void use_asked_sizes(AllocationHistory& history, const MemoryReport& memory) {
  for (AllocationGroup& group : history.groups) {
    const auto process = std::ranges::find(memory.processes, group.pid, &ProcessMemoryReport::pid);
    if (group.kind != AllocationKind::kHeapBlock || process == memory.processes.end() || !process->snapshot) {
      continue;
    }
    for (AllocationSizes& sizes : group.sizes) {
      for (const HeapSize& heap : process->snapshot->heaps) {
        const auto known = std::ranges::find_if(heap.big_sizes, [&sizes](const HeapBlocks& blocks) {
          return blocks.count >= sizes.count && blocks.bytes == blocks.count * sizes.largest &&
                 sizes.smallest == sizes.largest;
        });
        if (known != heap.big_sizes.end() && known->size < sizes.largest) {
          sizes.smallest = sizes.largest = known->size;
          sizes.bytes = sizes.count * known->size;
          break;
        }
      }
    }
    group.summary = summarize_allocation(group);
  }
}

std::vector<AllocationGroup> AllocationGrouping::take(std::optional<std::uint64_t> leak_limit) {
  count_freed();
  std::vector<AllocationGroup> result;
  for (auto& [key, group] : groups_) {
    finish(group, leak_limit);
    result.push_back(std::move(group.result));
  }
  groups_.clear();
  std::stable_sort(result.begin(), result.end(),
                   [](const AllocationGroup& a, const AllocationGroup& b) { return a.bytes > b.bytes; });
  result.resize(std::min(result.size(), kMostGroups));
  return result;
}

}  // namespace catcher
