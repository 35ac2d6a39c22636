#include "monitors/allocation_grouping.h"

#include "triage/allocation_words.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace catcher {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMegabyte = 1u << 20;

// Places with names, and a table to allocate in.
class Groups {
 public:
  AllocationPlace place(std::vector<std::string> path, AllocatorRole role = AllocatorRole::kNone) {
    NamedAllocationPlace named;
    Frame frame;
    frame.module = "ntdll.dll";
    frame.function = "NtAllocateVirtualMemory";
    named.stack.frames.push_back(frame);
    named.path = std::move(path);
    named.role = role;
    named.own_frame = 1;
    named.function = "NtAllocateVirtualMemory";
    places_.push_back(std::move(named));
    return static_cast<AllocationPlace>(places_.size() - 1);
  }

  Address allocate(AllocationPlace place, std::uint64_t size, int time = 0) {
    const Address base = next();
    table.reserved({base, size, place, 1, milliseconds(time)}, true);
    return base;
  }

  Address map(AllocationPlace place, std::uint64_t size) {
    const Address base = next();
    table.mapped({base, size, place, 1, {}});
    return base;
  }

  // As heaps do: address space first, then pages of it.
  Address reserve_and_commit(AllocationPlace place, std::uint64_t size, std::uint64_t committed) {
    const Address base = next();
    table.reserved({base, size, place, 1, {}}, false);
    table.committed({base, committed, place, 1, {}});
    return base;
  }

  std::vector<AllocationGroup> take(std::optional<std::uint64_t> limit = {}, int end = 100) {
    AllocationGrouping grouping(
        table, [this](AllocationPlace place) { return places_.at(place); },
        static_cast<AllocationPlace>(places_.size()), milliseconds(end));
    for (const auto& [base, block] : table.blocks()) {
      grouping.add(base, block);
    }
    auto groups = grouping.take(limit);
    for (AllocationGroup& group : groups) {
      group.pid = 4;
      group.image = "app.exe";
    }
    return groups;
  }

  AllocationTable table;

 private:
  Address next() { return {std::uint64_t{0x100000000} * ++blocks_}; }

  std::vector<NamedAllocationPlace> places_;
  std::uint64_t blocks_ = 0;
};

TEST(AllocationGrouping, blocks_of_one_path_are_one_group_whatever_their_return_addresses) {
  Groups groups;
  const AllocationPlace first = groups.place({"a.dll!take", "a.exe!main"});
  const AllocationPlace unrolled = groups.place({"a.dll!take", "a.exe!main"});
  const AllocationPlace other = groups.place({"a.dll!take", "a.exe!other"});
  groups.allocate(first, kMegabyte, 10);
  groups.allocate(unrolled, kMegabyte, 20);
  groups.allocate(other, kMegabyte);
  const auto all = groups.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].count, 2u);
  EXPECT_EQ(all[0].bytes, 2 * kMegabyte);
  EXPECT_EQ(all[0].first, milliseconds(10));
  EXPECT_EQ(all[0].last, milliseconds(20));
  EXPECT_EQ(all[0].own_frame, 1u);
  EXPECT_EQ(summarize_allocation(all[0]),
            "app.exe (pid 4): 2 blocks x 1.0 MB = 2.0 MB, allocated by a.dll!take <- main, none freed");
}

TEST(AllocationGrouping, the_story_that_it_is_for_is_one_line) {
  Groups groups;
  const AllocationPlace grab = groups.place({"halcon.dll!HXmalloc", "halcon.dll!HXAllocRLTmp", "halcon.dll!HXAllocTmp",
                                             "halcon.dll!CCallHProc", "vision.exe!grab_image", "vision.exe!main"},
                                            AllocatorRole::kHeap);
  for (int i = 0; i < 189; ++i) {
    groups.allocate(grab, 0x1000040, i);
  }
  const auto all = groups.take({}, 190);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].kind, AllocationKind::kHeapBlock);
  EXPECT_EQ(summarize_allocation(all[0]),
            "app.exe (pid 4): 189 blocks x 16.0 MB = 2.95 GB, allocated by halcon.dll!HXmalloc <- HXAllocRLTmp <- ... "
            "<- main, none freed, growing to the end");
  ASSERT_EQ(all[0].sizes.size(), 1u);
  EXPECT_EQ(all[0].sizes[0].count, 189u);
  EXPECT_EQ(all[0].sizes[0].smallest, 0x1000040u);
}

TEST(AllocationGrouping, what_was_freed_counts_even_from_places_of_which_nothing_is_left) {
  Groups groups;
  const AllocationPlace first = groups.place({"a.exe!take"});
  const AllocationPlace same = groups.place({"a.exe!take"});
  groups.allocate(first, kMegabyte);
  groups.table.released(groups.allocate(first, kMegabyte), 0, {});
  groups.table.released(groups.allocate(same, kMegabyte), 0, {});
  const auto all = groups.take();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].allocated, 3u);
  EXPECT_EQ(all[0].freed, 2u);
  EXPECT_EQ(summarize_allocation(all[0]), "app.exe (pid 4): 1 block of 1.0 MB, allocated by a.exe!take, 2 of 3 freed");
}

TEST(AllocationGrouping, more_than_the_limit_from_one_path_is_a_defect) {
  Groups groups;
  const AllocationPlace take = groups.place({"a.exe!take"});
  groups.allocate(take, kMegabyte);
  groups.allocate(take, kMegabyte);
  EXPECT_FALSE(groups.take(2 * kMegabyte).at(0).is_defect);
  EXPECT_TRUE(groups.take(2 * kMegabyte - 1).at(0).is_defect);
  EXPECT_FALSE(groups.take().at(0).is_defect);
}

TEST(AllocationGrouping, what_the_system_takes_for_itself_is_no_defect) {
  Groups groups;
  groups.allocate(groups.place({}), kMegabyte);
  const auto all = groups.take(1);
  EXPECT_FALSE(all.at(0).is_defect);
  EXPECT_EQ(summarize_allocation(all.at(0)),
            "app.exe (pid 4): 1 block of 1.0 MB, not by code of the program itself, none freed");
}

TEST(AllocationGrouping, reserved_address_space_is_no_defect_until_it_is_committed) {
  Groups groups;
  const AllocationPlace take = groups.place({"a.exe!take"});
  groups.table.reserved({{0x10000}, 64 * kMegabyte, take, 1, {}}, false);
  const auto all = groups.take(kMegabyte);
  EXPECT_FALSE(all.at(0).is_defect);
  EXPECT_EQ(all.at(0).reserved, 64 * kMegabyte);
  EXPECT_EQ(summarize_allocation(all.at(0)),
            "app.exe (pid 4): 1 block of 64.0 MB, 0 bytes committed, allocated by a.exe!take, none freed");
}

TEST(AllocationGrouping, a_heaps_big_block_is_told_from_room_that_it_makes_for_small_ones) {
  Groups groups;
  const AllocationPlace big = groups.place({"a.exe!big"}, AllocatorRole::kHeap);
  const AllocationPlace small = groups.place({"a.exe!small"}, AllocatorRole::kHeap);
  const AllocationPlace birth = groups.place({"a.exe!birth"}, AllocatorRole::kHeapBirth);
  groups.reserve_and_commit(big, 4 * kMegabyte, 4 * kMegabyte);
  const Address segment = groups.reserve_and_commit(small, 16 * kMegabyte, kMegabyte);
  groups.table.committed({segment + kMegabyte, kMegabyte, small, 1, milliseconds(9)});
  groups.reserve_and_commit(birth, kMegabyte / 4, kMegabyte / 4);
  std::map<std::string, AllocationGroup> by_path;
  for (const AllocationGroup& group : groups.take(1)) {
    by_path[group.path.at(0)] = group;
  }
  EXPECT_EQ(by_path["a.exe!big"].kind, AllocationKind::kHeapBlock);
  EXPECT_TRUE(by_path["a.exe!big"].is_defect);
  EXPECT_EQ(by_path["a.exe!birth"].kind, AllocationKind::kHeapGrowth);
  const AllocationGroup& growth = by_path["a.exe!small"];
  EXPECT_EQ(growth.kind, AllocationKind::kHeapGrowth);
  EXPECT_FALSE(growth.is_defect);  // where a heap grew is not who keeps what is in it
  EXPECT_EQ(summarize_allocation(growth),
            "app.exe (pid 4): a heap grew by 2.0 MB in 2 steps, asked for by a.exe!small");
}

TEST(AllocationGrouping, views_and_blocks_of_one_path_are_two_groups) {
  Groups groups;
  const AllocationPlace allocates = groups.place({"a.exe!take"});
  const AllocationPlace maps = groups.place({"a.exe!take"});
  groups.allocate(allocates, kMegabyte);
  groups.map(maps, 3 * kMegabyte);
  const auto all = groups.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, AllocationKind::kMappedView);
  EXPECT_EQ(all[0].allocated, 1u);
  EXPECT_EQ(summarize_allocation(all[0]),
            "app.exe (pid 4): 1 mapped view of 3.0 MB, allocated by a.exe!take, none freed");
}

TEST(AllocationGrouping, many_sizes_become_classes) {
  Groups groups;
  const AllocationPlace take = groups.place({"a.exe!take"});
  for (std::uint64_t i = 1; i <= 40; ++i) {
    groups.allocate(take, i * 0x1000);
  }
  const auto all = groups.take();
  EXPECT_EQ(all.at(0).sizes.size(), 6u);
  EXPECT_EQ(all.at(0).sizes.at(0).smallest, 0x10000u);
  EXPECT_EQ(all.at(0).sizes.at(0).largest, 0x1F000u);
  EXPECT_EQ(all.at(0).sizes.at(0).count, 16u);
}

TEST(AllocationGrouping, a_report_has_a_bounded_number_of_groups) {
  Groups groups;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    groups.allocate(groups.place({"a.exe!f" + std::to_string(i)}), i * 0x1000);
  }
  const auto all = groups.take();
  EXPECT_EQ(all.size(), 200u);
  EXPECT_EQ(all.front().bytes, 300 * 0x1000u);
}

TEST(UseAskedSizes, a_heaps_block_has_the_size_that_it_was_asked_for) {
  Groups groups;
  const AllocationPlace take = groups.place({"a.exe!take"}, AllocatorRole::kHeap);
  for (int i = 0; i < 189; ++i) {
    groups.allocate(take, 0x1010000);
  }
  AllocationHistory history;
  history.groups = groups.take();
  MemoryReport memory;
  ProcessMemoryReport& process = memory.processes.emplace_back();
  process.pid = 4;
  process.snapshot.emplace().heaps.emplace_back().big_sizes = {{0x2000000, 1, 0x2010000},
                                                               {0x1000040, 189, 189 * std::uint64_t{0x1010000}}};
  use_asked_sizes(history, memory);
  EXPECT_EQ(history.groups.at(0).summary,
            "app.exe (pid 4): 189 blocks x 16.0 MB = 2.95 GB, allocated by a.exe!take, none freed");
  EXPECT_EQ(history.groups.at(0).bytes, 189 * std::uint64_t{0x1010000});
  process.pid = 5;
  history.groups = groups.take();
  history.groups.at(0).summary = "as before";
  use_asked_sizes(history, memory);
  EXPECT_EQ(history.groups.at(0).summary, "as before");
}

TEST(AllocatorRole, heaps_are_known_by_their_functions) {
  EXPECT_EQ(allocator_role("ntdll", "RtlAllocateHeap"), AllocatorRole::kHeap);
  EXPECT_EQ(allocator_role("ntdll", "RtlCreateHeap"), AllocatorRole::kHeapBirth);
  EXPECT_EQ(allocator_role("msvcrt", "malloc"), AllocatorRole::kHeap);
  EXPECT_EQ(allocator_role("kernelbase", "VirtualAlloc"), AllocatorRole::kNone);
  EXPECT_EQ(allocator_role("ntdll", "LdrLoadDll"), AllocatorRole::kNone);
}

}  // namespace
}  // namespace catcher
