#pragma once

#include "monitors/allocation_table.h"
#include "triage/allocator_frames.h"

#include <catcher/memory_report.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {

// A path to an allocation, with names.
struct NamedAllocationPlace {
  Stack stack;
  std::size_t own_frame = 0;
  std::vector<std::string> path;  // see AllocationGroup
  AllocatorRole role = AllocatorRole::kNone;
  std::string_view function;  // the system call; static
};

// What is left of a process's allocations, put together by the path that led to them: by names, for one loop that the
// compiler has unrolled is many return addresses. Knows no process.
class AllocationGrouping {
 public:
  using Namer = std::function<NamedAllocationPlace(AllocationPlace)>;
  using Time = AllocationTable::Time;

  // `table` must outlive it. `places`: all there are. `end` is now.
  AllocationGrouping(const AllocationTable& table, Namer namer, AllocationPlace places, Time end);

  void add(Address base, const AllocatedBlock& block);

  // Most bytes first. More than `leak_limit` from one path are a defect.
  std::vector<AllocationGroup> take(std::optional<std::uint64_t> leak_limit);

 private:
  struct Group {
    AllocationGroup result;
    AllocationPlace biggest = 0;
    std::uint64_t biggest_bytes = 0;
    std::map<std::uint64_t, AllocationSizes> sizes;  // by size
    std::set<AllocationPlace> places;
  };
  using Key = std::pair<AllocationKind, std::string>;

  const NamedAllocationPlace& named(AllocationPlace place);
  AllocationKind kind_of(const AllocatedBlock& block);
  Group& group_of(AllocationKind kind, AllocationPlace place);
  void add_growth(AllocationPlace place, Address base, const BlockGrowth& growth);
  void count_freed();
  void finish(Group& group, std::optional<std::uint64_t> leak_limit);

  const AllocationTable& table_;
  Namer namer_;
  AllocationPlace places_;
  Time end_;
  std::map<AllocationPlace, NamedAllocationPlace> named_;
  std::map<Key, Group> groups_;
};

// A heap takes more address space for a big block than it was asked for. Where the snapshots of the heaps tell how big
// the blocks are, the groups say that.
void use_asked_sizes(AllocationHistory& history, const MemoryReport& memory);

}  // namespace catcher
