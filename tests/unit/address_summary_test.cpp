// Regions and facts make a summary: no process is needed.

#include "evidence/address_summary.h"
#include "monitors/memory_timeline.h"
#include "triage/memory_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace catcher {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMega = 1U << 20U;

PageRun committed(std::uint64_t base, std::uint64_t size, RegionType type, std::uint64_t allocation = 0,
                  std::uint32_t protection = 0x04) {
  return {{base}, size, {allocation == 0 ? base : allocation}, RegionState::kCommitted, type, protection};
}

PageRun reserved(std::uint64_t base, std::uint64_t size, std::uint64_t allocation) {
  return {{base}, size, {allocation}, RegionState::kReserved, RegionType::kPrivate, 0};
}

PageRun free_run(std::uint64_t base, std::uint64_t size) {
  return {{base}, size, {}, RegionState::kFree, RegionType::kNone, 0};
}

const MemoryShare& share(const std::vector<MemoryShare>& shares, std::string_view name) {
  static const MemoryShare kNone;
  const auto found = std::find_if(shares.begin(), shares.end(), [name](const auto& one) { return one.name == name; });
  return found == shares.end() ? kNone : *found;
}

// A heap with a reserved end, a stack with its guard, an image, a mapped file, a section, blocks, and what nobody
// knows.
AddressRegions small_program() {
  AddressRegions regions;
  regions.runs = {
      free_run(0, 0x10000),
      committed(0x10000, 2 * kMega, RegionType::kPrivate),
      reserved(0x10000 + 2 * kMega, 6 * kMega, 0x10000),
      committed(0x1000000, 0x1000, RegionType::kPrivate, 0x1000000, 0x104),
      committed(0x1001000, 0xF000, RegionType::kPrivate, 0x1000000),
      committed(0x2000000, kMega, RegionType::kImage, 0x2000000, 0x20),
      committed(0x2100000, kMega, RegionType::kImage, 0x2000000, 0x02),
      committed(0x3000000, 4 * kMega, RegionType::kMapped, 0x3000000, 0x02),
      committed(0x4000000, kMega, RegionType::kMapped),
      free_run(0x4100000, 3 * kMega),
      committed(0x5000000, 0x1000, RegionType::kPrivate),
      committed(0x5001000, 0x1000, RegionType::kPrivate),
      committed(0x6000000, kMega, RegionType::kPrivate),
      free_run(0x6100000, kMega),
  };
  return regions;
}

AddressFacts small_facts() {
  AddressFacts facts;
  facts.heaps = {{0x10000}};
  facts.stacks = {{0x1000000}};
  facts.tebs = {{0x5001000}};
  facts.pebs = {{0x5000000}};
  facts.modules[{0x2000000}] = "app.exe";
  facts.files[{0x3000000}] = R"(\Device\data.bin)";
  return facts;
}

TEST(AddressSummary, says_of_each_region_what_it_is_used_for) {
  const AddressSummary summary = summarize(small_program(), small_facts());
  EXPECT_EQ(summary.uses.front().name, "Heap");
  EXPECT_EQ(summary.uses.back().name, "Free");
  EXPECT_EQ(share(summary.uses, "Heap").bytes, 8 * kMega);
  EXPECT_EQ(share(summary.uses, "Heap").committed, 2 * kMega);
  EXPECT_EQ(share(summary.uses, "Heap").regions, 2U);
  EXPECT_EQ(share(summary.uses, "Stack").bytes, 0x10000U);
  EXPECT_EQ(share(summary.uses, "Image").bytes, 2 * kMega);
  EXPECT_EQ(share(summary.uses, "Mapped file").bytes, 4 * kMega);
  EXPECT_EQ(share(summary.uses, "Section").bytes, kMega);
  EXPECT_EQ(share(summary.uses, "PEB").bytes, 0x1000U);
  EXPECT_EQ(share(summary.uses, "TEB").bytes, 0x1000U);
  EXPECT_EQ(share(summary.uses, "<unknown>").bytes, kMega);
}

TEST(AddressSummary, the_parts_add_up_in_every_view) {
  const AddressSummary summary = summarize(small_program(), small_facts());
  for (const auto* view : {&summary.uses, &summary.states}) {
    std::uint64_t sum = 0;
    for (const MemoryShare& one : *view) {
      sum += one.bytes;
    }
    EXPECT_EQ(sum, summary.total);
  }
  EXPECT_EQ(summary.total, summary.busy() + summary.free);
  EXPECT_EQ(summary.reserved, 6 * kMega);
  EXPECT_EQ(share(summary.states, "MEM_RESERVE").bytes, 6 * kMega);
  EXPECT_EQ(share(summary.types, "MEM_IMAGE").bytes, 2 * kMega);
  EXPECT_EQ(share(summary.protections, "PAGE_READWRITE|PAGE_GUARD").bytes, 0x1000U);
  EXPECT_EQ(share(summary.protections, "PAGE_EXECUTE_READ").bytes, kMega);
}

TEST(AddressSummary, tells_the_largest_free_piece_and_how_much_lies_outside_it) {
  const AddressSummary summary = summarize(small_program(), small_facts());
  EXPECT_EQ(summary.largest_free, 3 * kMega);
  EXPECT_EQ(summary.largest_free_at, Address{0x4100000});
  EXPECT_NEAR(summary.fragmentation(), 0.25, 0.02);
  EXPECT_EQ(AddressSummary().fragmentation(), 0.0);
}

TEST(AddressSummary, images_and_files_come_with_their_names) {
  const AddressRegions regions = small_program();
  const Allocations allocations(regions.runs);
  const auto images = image_sizes(allocations, small_facts(), 10);
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images.front().name, "app.exe");
  EXPECT_EQ(images.front().bytes, 2 * kMega);
  const auto files = file_sizes(allocations, small_facts(), 10);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files.front().bytes, 4 * kMega);
  EXPECT_TRUE(file_sizes(allocations, small_facts(), 0).empty());
}

TEST(AddressSummary, an_address_is_found_in_the_allocation_that_holds_it_and_in_no_other) {
  const AddressRegions regions = small_program();
  const Allocations allocations(regions.runs);
  ASSERT_NE(allocations.find({0x10000 + 5 * kMega}), nullptr);
  EXPECT_EQ(allocations.find({0x10000 + 5 * kMega})->base, Address{0x10000});
  EXPECT_EQ(allocations.find({0x4100000}), nullptr);
  EXPECT_EQ(allocations.find({0}), nullptr);
}

TEST(DescribeMemory, names_the_use_that_takes_most_and_the_blocks_that_fill_the_heap) {
  MemorySnapshot snapshot;
  snapshot.space.uses = {{"Heap", 195, 3000 * kMega, 3000 * kMega, 0, {}}, {"Free", 1, 1, 0, 1, {}}};
  snapshot.space.committed = 3200 * kMega;
  HeapSize heap;
  heap.base = {0x1f0000};
  heap.big_blocks = 189;
  heap.big_bytes = 3036 * kMega;
  heap.big_sizes = {{0x1000040, 189, 3036 * kMega}};
  snapshot.heaps = {heap};
  EXPECT_EQ(
      describe_memory(snapshot),
      "Heap 93.8 % of 3.12 GB in use: heap 0x1f0000 has 189 big blocks, 2.96 GB; 189 of them have 0x1000040 bytes "
      "(189 x 16.0 MB = 2.95 GB)");
  snapshot.space.uses.front().name = "<unknown>";
  EXPECT_EQ(describe_memory(snapshot), "<unknown> 93.8 % of 3.12 GB in use");
  EXPECT_EQ(describe_memory({}), "no memory could be seen");
}

TEST(Sparkline, rises_with_the_numbers) {
  const std::vector<MemorySample> samples{{0ms, 1}, {10ms, 50}, {20ms, 100}};
  EXPECT_EQ(sparkline(samples, 3, true), "_~#");
  EXPECT_EQ(sparkline(samples, 3, false), "\u2581\u2584\u2588");
  EXPECT_EQ(sparkline({{0ms, 5}}, 3, true), "");
  EXPECT_EQ(sparkline({{0ms, 8}, {100ms, 8}}, 4, true), "####") << "a column without a sample is as the one before";
}

TEST(MemoryTimeline, keeps_a_bounded_number_of_samples_and_every_peak) {
  const MemoryTimeline::Clock::time_point start{};
  MemoryTimeline timeline(1ms, start);
  for (int i = 0; i < 10'000; ++i) {
    if (start + i * 1ms >= timeline.due()) {
      timeline.add(start + i * 1ms, i > 5'000 && i < 5'100 ? 1'000'000U : 10U, 0ms);
    }
  }
  EXPECT_GT(timeline.due(), start + 10'000ms) << "each time that the list was full, the interval doubled";
  const auto samples = timeline.take();
  EXPECT_LT(samples.size(), MemoryTimeline::kMost);
  EXPECT_TRUE(std::any_of(samples.begin(), samples.end(), [](const auto& one) { return one.committed == 1'000'000U; }));
  EXPECT_TRUE(
      std::is_sorted(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.time < b.time; }));
}

TEST(MemoryTimeline, of_what_nobody_waited_for_the_highest_is_kept) {
  const MemoryTimeline::Clock::time_point start{};
  MemoryTimeline timeline(100ms, start);
  timeline.add(start, 1, {});
  const auto due = timeline.due();
  for (const std::uint64_t committed : {5U, 9U, 7U, 0U}) {
    timeline.add_between(start + 10ms + std::chrono::milliseconds(committed), committed);
  }
  EXPECT_EQ(timeline.due(), due);
  timeline.add(start + 100ms, 2, {});
  timeline.add_between(start + 110ms, 3);
  const auto samples = timeline.take();
  ASSERT_EQ(samples.size(), 4U);
  EXPECT_EQ(samples[1].committed, 9U);
  EXPECT_EQ(samples[1].time, 19ms);
  EXPECT_EQ(samples[3].committed, 3U);
}

TEST(MemoryTimeline, what_is_slow_to_measure_is_measured_less_often) {
  const MemoryTimeline::Clock::time_point start{};
  MemoryTimeline timeline(1ms, start);
  EXPECT_EQ(timeline.due(), start);
  timeline.add(start, 1, 10ms);
  EXPECT_EQ(timeline.due(), start + 200ms);
}

}  // namespace
}  // namespace catcher
