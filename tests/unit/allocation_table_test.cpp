#include "monitors/allocation_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include <chrono>
#include <cstdint>

namespace catcher {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kPage = 0x1000;
constexpr AllocationPlace kHere = 0;
constexpr AllocationPlace kThere = 1;

AllocationTable::Call at(std::uint64_t base, std::uint64_t size, AllocationPlace place = kHere, int time = 0) {
  return {{base}, size, place, 7, milliseconds(time)};
}

const AllocatedBlock& only(const AllocationTable& table) {
  EXPECT_EQ(table.blocks().size(), 1u);
  return table.blocks().begin()->second;
}

TEST(AllocationTable, a_block_lives_until_it_is_released) {
  AllocationTable table;
  table.reserved(at(0x10000, 4 * kPage, kHere, 5), true);
  EXPECT_EQ(only(table).bytes(), 4 * kPage);
  EXPECT_EQ(only(table).tid, 7u);
  EXPECT_EQ(only(table).time, milliseconds(5));
  EXPECT_EQ(table.history(kHere)->bytes, 4 * kPage);
  table.released({0x10000}, 0, milliseconds(9));
  EXPECT_TRUE(table.blocks().empty());
  EXPECT_EQ(table.freed(), 1u);
  EXPECT_EQ(table.history(kHere)->bytes, 0u);
  EXPECT_EQ(table.history(kHere)->freed, 1u);
  EXPECT_EQ(table.history(kHere)->series.at(milliseconds(8)), 4 * kPage);
}

TEST(AllocationTable, reserved_address_space_has_no_bytes_until_pages_of_it_are_committed) {
  AllocationTable table;
  table.reserved(at(0x10000, 16 * kPage), false);
  EXPECT_EQ(only(table).bytes(), 0u);
  table.committed(at(0x10000, 2 * kPage));
  table.committed(at(0x12000, kPage, kThere, 30));
  table.committed(at(0x12000, 3 * kPage, kThere, 40));
  EXPECT_EQ(only(table).bytes(), 5 * kPage);
  EXPECT_EQ(only(table).size, 16 * kPage);
  EXPECT_EQ(only(table).commits, 3u);
  EXPECT_EQ(only(table).first_commit, 2 * kPage);
  const BlockGrowth& growth = only(table).growth.at(kThere);
  EXPECT_EQ(growth.bytes, 3 * kPage);
  EXPECT_EQ(growth.steps, 2u);
  EXPECT_EQ(growth.first, milliseconds(30));
  EXPECT_EQ(growth.last, milliseconds(40));
  EXPECT_EQ(table.allocated(), 1u);
}

TEST(AllocationTable, pages_that_are_committed_twice_count_once) {
  AllocationTable table;
  table.reserved(at(0x10000, 8 * kPage), true);
  table.committed(at(0x10000, 8 * kPage, kThere));
  EXPECT_EQ(only(table).bytes(), 8 * kPage);
  EXPECT_TRUE(only(table).growth.empty());
}

TEST(AllocationTable, a_part_that_is_decommitted_comes_back_with_the_next_commit) {
  AllocationTable table;
  table.reserved(at(0x10000, 8 * kPage), true);
  table.decommitted({0x12000}, 2 * kPage, milliseconds(1));
  EXPECT_EQ(only(table).bytes(), 6 * kPage);
  table.decommitted({0x11000}, 3 * kPage, milliseconds(1));
  EXPECT_EQ(only(table).bytes(), 5 * kPage);
  table.committed(at(0x10000, 3 * kPage));
  EXPECT_EQ(only(table).bytes(), 7 * kPage);
  table.decommitted({0x10000}, 0, milliseconds(2));
  EXPECT_EQ(only(table).bytes(), 0u);
  EXPECT_EQ(table.history(kHere)->bytes, 0u);
  EXPECT_EQ(table.freed(), 0u);
}

TEST(AllocationTable, what_nobody_was_seen_to_allocate_is_counted_when_it_is_freed) {
  AllocationTable table;
  table.released({0x10000}, 0, {});
  table.released({0x10000}, kPage, {});
  table.unmapped({0x20000}, {});
  table.decommitted({0x10000}, kPage, {});
  EXPECT_EQ(table.freed_unknown(), 3u);
  EXPECT_EQ(table.freed(), 0u);
}

TEST(AllocationTable, a_commit_in_what_was_reserved_before_anybody_looked_is_a_block_of_its_own) {
  AllocationTable table;
  table.committed(at(0x50000, kPage));
  table.committed(at(0x51000, kPage));
  EXPECT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(table.history(kHere)->bytes, 2 * kPage);
}

TEST(AllocationTable, a_view_goes_by_any_address_in_it_and_by_no_release) {
  AllocationTable table;
  table.mapped(at(0x100000, 16 * kPage));
  table.released({0x100000}, 0, {});
  EXPECT_EQ(only(table).bytes(), 16 * kPage);
  EXPECT_EQ(table.freed_unknown(), 1u);
  table.unmapped({0x100000 + 5 * kPage}, {});
  EXPECT_TRUE(table.blocks().empty());
  EXPECT_EQ(table.freed(), 1u);
}

TEST(AllocationTable, an_unmapping_leaves_private_memory_alone) {
  AllocationTable table;
  table.reserved(at(0x100000, 16 * kPage), true);
  table.unmapped({0x100000}, {});
  EXPECT_EQ(table.blocks().size(), 1u);
}

TEST(AllocationTable, a_release_of_the_middle_leaves_two_blocks) {
  AllocationTable table;
  table.reserved(at(0x10000, 8 * kPage), true);
  table.released({0x12000}, 2 * kPage, {});
  ASSERT_EQ(table.blocks().size(), 2u);
  EXPECT_EQ(table.blocks().at({0x10000}).bytes(), 2 * kPage);
  EXPECT_EQ(table.blocks().at({0x14000}).bytes(), 4 * kPage);
  EXPECT_EQ(table.history(kHere)->bytes, 6 * kPage);
  EXPECT_EQ(table.freed(), 0u);
  table.released({0x10000}, 8 * kPage, {});
  EXPECT_TRUE(table.blocks().empty());
  EXPECT_EQ(table.history(kHere)->bytes, 0u);
}

TEST(AllocationTable, a_release_of_the_beginning_leaves_the_rest) {
  AllocationTable table;
  table.reserved(at(0x10000, 8 * kPage), true);
  table.released({0x10000}, 2 * kPage, {});
  EXPECT_EQ(table.blocks().begin()->first, Address{0x12000});
  EXPECT_EQ(only(table).bytes(), 6 * kPage);
}

TEST(AllocationTable, what_is_allocated_where_something_is_known_tells_that_it_has_gone_unseen) {
  AllocationTable table;
  table.reserved(at(0x10000, 4 * kPage), true);
  table.mapped(at(0x10000, 2 * kPage, kThere));
  EXPECT_EQ(table.blocks().size(), 2u);  // the view, and the tail that may still be there
  EXPECT_EQ(table.blocks().at({0x12000}).bytes(), 2 * kPage);
  table.reserved(at(0x10000, 4 * kPage, kThere), true);
  EXPECT_EQ(only(table).place, kThere);
  EXPECT_EQ(table.lost(), 2u);
}

TEST(AllocationTable, what_is_not_there_any_more_is_forgotten) {
  AllocationTable table;
  table.reserved(at(0x10000, kPage), true);
  table.reserved(at(0x20000, kPage, kThere), true);
  table.forget_lost([](Address base, const AllocatedBlock&) { return base == Address{0x20000}; }, {});
  EXPECT_EQ(only(table).place, kThere);
  EXPECT_EQ(table.lost(), 1u);
  EXPECT_EQ(table.history(kHere)->freed, 1u);
}

TEST(AllocationTable, absurd_addresses_and_sizes_harm_nobody) {
  AllocationTable table;
  table.reserved(at(0, 0), true);
  table.mapped(at(UINT64_MAX, 0));
  EXPECT_TRUE(table.blocks().empty());
  table.reserved(at(UINT64_MAX - 10, UINT64_MAX), true);
  table.committed(at(UINT64_MAX - 5, UINT64_MAX));
  table.decommitted({UINT64_MAX - 2}, UINT64_MAX, {});
  table.reserved(at(0, UINT64_MAX), true);
  EXPECT_EQ(table.blocks().begin()->second.size, UINT64_MAX);
  table.decommitted({0x10}, UINT64_MAX, {});
  EXPECT_EQ(table.blocks().begin()->second.bytes(), 0x10u);
  table.released({0}, UINT64_MAX, {});
  EXPECT_TRUE(table.blocks().empty());
  EXPECT_EQ(table.history(kHere)->bytes, 0u);
}

TEST(CommittedRuns, merge_when_they_touch_and_split_when_cut) {
  CommittedRuns runs;
  EXPECT_EQ(runs.add({10}, {20}), 10u);
  EXPECT_EQ(runs.add({30}, {40}), 10u);
  EXPECT_EQ(runs.add({20}, {30}), 10u);
  EXPECT_EQ(runs.add({15}, {35}), 0u);
  EXPECT_EQ(runs.remove({18}, {22}), 4u);
  EXPECT_EQ(runs.remove({18}, {22}), 0u);
  EXPECT_EQ(runs.bytes(), 26u);
  EXPECT_EQ(runs.add({5}, {50}), 19u);
  EXPECT_EQ(runs.bytes(), 45u);
  const CommittedRuns behind = runs.split({25});
  EXPECT_EQ(runs.bytes(), 20u);
  EXPECT_EQ(behind.bytes(), 25u);
  EXPECT_EQ(runs.add({20}, {20}), 0u);
}

TEST(CommittedRuns, agree_with_a_count_of_single_bytes) {
  CommittedRuns runs;
  std::array<bool, 64> bytes{};
  std::uint32_t random = 1;
  for (int round = 0; round < 5'000; ++round) {
    random = random * 1664525u + 1013904223u;
    const std::uint64_t begin = random >> 8 & 63;
    const std::uint64_t end = random >> 16 & 63;
    const bool adds = (random >> 30 & 1) != 0;
    std::uint64_t changed = 0;
    for (std::uint64_t i = begin; i < end; ++i) {
      changed += bytes.at(i) != adds ? 1U : 0U;
      bytes.at(i) = adds;
    }
    ASSERT_EQ(adds ? runs.add({begin}, {end}) : runs.remove({begin}, {end}), changed) << round;
    ASSERT_EQ(runs.bytes(), static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), true))) << round;
  }
}

TEST(GrowthSeries, remembers_the_last_amount_of_each_step) {
  GrowthSeries series;
  series.set(milliseconds(10), 1);
  series.set(milliseconds(10), 2);
  series.set(milliseconds(12), 3);
  EXPECT_EQ(series.at(milliseconds(9)), 0u);
  EXPECT_EQ(series.at(milliseconds(10)), 2u);
  EXPECT_EQ(series.at(milliseconds(11)), 2u);
  EXPECT_EQ(series.at(milliseconds(100)), 3u);
}

TEST(GrowthSeries, becomes_coarser_when_it_gets_long) {
  GrowthSeries series;
  for (int i = 1; i <= 100'000; ++i) {
    series.set(milliseconds(i), static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ(series.at(milliseconds(100'000)), 100'000u);
  const std::uint64_t half = series.at(milliseconds(50'000));
  EXPECT_GT(half, 47'000u);
  EXPECT_LT(half, 53'000u);
}

TEST(GrowthSeries, steady_growth_rises_nearly_always_and_never_falls) {
  EXPECT_TRUE(grows_steadily({1, 2, 3, 4, 5}));
  EXPECT_TRUE(grows_steadily({1, 2, 2, 4, 5}));
  EXPECT_FALSE(grows_steadily({1, 9, 9, 9, 9}));
  EXPECT_FALSE(grows_steadily({1, 2, 3, 2, 5}));
  EXPECT_FALSE(grows_steadily({5}));
  EXPECT_FALSE(grows_steadily({}));
}

}  // namespace
}  // namespace catcher
