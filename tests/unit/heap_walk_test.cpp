// The walk over heaps on memory that no process ever held: the layouts of Windows from their documented offsets, the
// test bench's, and what a hostile program may write there.

#include "evidence/heap_walk.h"

#include "synthetic_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace catcher {
namespace {

constexpr std::uint32_t kReadWrite = 0x04;
constexpr std::uint32_t kNt = 0xFFEEFFEE;

// An address space under construction: private memory, all of it readable as zeros where nothing was put.
class Space {
 public:
  explicit Space(bool is_64_bit) : is_64_bit_(is_64_bit) {}

  // Committed at its beginning, reserved behind that.
  void allocate(Address base, std::uint64_t size, std::uint64_t committed, std::uint64_t readable = 0x1000) {
    runs_.push_back({base, committed, base, RegionState::kCommitted, RegionType::kPrivate, kReadWrite});
    if (size > committed) {
      runs_.push_back({base + committed, size - committed, base, RegionState::kReserved, RegionType::kPrivate, 0});
    }
    memory_.fill(base, readable);
  }

  void put_pointer(Address at, std::uint64_t value) {
    if (is_64_bit_) {
      memory_.put(at, value);
    } else {
      memory_.put(at, static_cast<std::uint32_t>(value));
    }
  }

  // A LIST_ENTRY at `head` with these nodes.
  void link(Address head, const std::vector<Address>& nodes) {
    Address before = head;
    for (const Address node : nodes) {
      put_pointer(before, node.value);
      put_pointer(node + word(), before.value);
      before = node;
    }
    put_pointer(before, head.value);
    put_pointer(head + word(), before.value);
  }

  // The beginning of an NT heap: signature, and the segment in it says whose it is.
  void make_nt_heap(Address base) {
    memory_.put(base + (is_64_bit_ ? 0x10 : 0x8), kNt);
    put_pointer(base + (is_64_bit_ ? 0x28 : 0x18), base.value);
  }

  HeapFindings find(const HeapRoots& roots = {}) {
    std::sort(runs_.begin(), runs_.end(), [](const PageRun& a, const PageRun& b) { return a.base < b.base; });
    return find_heaps(memory_, Allocations(runs_), roots, is_64_bit_);
  }

  SyntheticMemory& memory() { return memory_; }
  std::uint64_t word() const { return is_64_bit_ ? 8 : 4; }

 private:
  bool is_64_bit_;
  SyntheticMemory memory_;
  std::vector<PageRun> runs_;
};

constexpr Address kHeap{0x1F0000};

// A big block as _HEAP_VIRTUAL_ALLOC_ENTRY describes it, `entry` behind the base of its memory.
Address put_windows_block(Space& space, Address base, std::uint64_t user_size, std::uint64_t entry, bool is_64_bit) {
  const std::uint64_t unused = 0x40 + 0x20;
  const std::uint64_t commit = user_size + unused;
  space.allocate(base, commit + 0x10000, commit + 0x10000, 0x12000);
  const Address node = base + entry;
  const std::uint64_t word = space.word();
  space.put_pointer(node + 4 * word, commit);
  space.put_pointer(node + 5 * word, commit);
  // Size, Flags, SmallTagIndex: the checksum of the first three bytes. Encoded with the heap's key, which is 0x55 here.
  const auto low = static_cast<unsigned>(unused & 0xFFU);
  const auto high = static_cast<unsigned>(unused >> 8U);
  space.memory().put_bytes(node + (is_64_bit ? 0x38 : 0x18),
                           {low ^ 0x55U, high ^ 0x55U, 0x55U, (low ^ high) ^ 0x55U, 0x55U, 0x55U, 0x55U, 0x55U});
  return node;
}

void put_windows_heap(bool is_64_bit, std::uint64_t blocks_at, std::uint64_t segments_at, std::uint64_t encoding_at) {
  Space space(is_64_bit);
  space.allocate(kHeap, 0x100000, 0x20000);
  space.make_nt_heap(kHeap);
  space.memory().fill(kHeap + encoding_at, 8, 0x55);
  constexpr Address kSegment{0x5000000};
  space.allocate(kSegment, 0x200000, 0x40000);
  space.memory().put(kSegment + space.word() * 2, kNt);
  space.put_pointer(kSegment + (is_64_bit ? 0x28 : 0x18), kHeap.value);
  const std::uint64_t entry_in_segment = is_64_bit ? 0x18 : 0x10;
  space.link(kHeap + segments_at, {kHeap + entry_in_segment, kSegment + entry_in_segment});
  std::vector<Address> nodes;
  for (std::uint64_t i = 0; i < 3; ++i) {
    nodes.push_back(put_windows_block(space, {0x10000000 + i * 0x2000000}, 0xFFFFA0, i * 0x5000, is_64_bit));
  }
  space.link(kHeap + blocks_at, nodes);

  const HeapFindings found = space.find();
  ASSERT_EQ(found.heaps.size(), 1U);
  const HeapSize& heap = found.heaps.front();
  EXPECT_EQ(heap.kind, HeapKind::kNt);
  EXPECT_EQ(heap.base, kHeap);
  EXPECT_EQ(heap.big_blocks, 3U);
  ASSERT_EQ(heap.big_sizes.size(), 1U);
  EXPECT_EQ(heap.big_sizes.front().size, 0xFFFFA0U) << "what was asked for, without the bytes that are not used";
  EXPECT_EQ(heap.big_sizes.front().count, 3U);
  EXPECT_EQ(heap.reserved, 0x300000U);
  EXPECT_EQ(heap.committed, 0x60000U);
  EXPECT_EQ(heap.segments, 2U);
  EXPECT_EQ(found.allocations.size(), 5U);
}

TEST(HeapWalk, reads_the_heap_of_windows_10_and_11) {
  put_windows_heap(true, 0x110, 0x120, 0x88);
}

TEST(HeapWalk, reads_the_heap_of_windows_7_whose_lists_lie_elsewhere) {
  put_windows_heap(true, 0x118, 0x128, 0x88);
}

TEST(HeapWalk, reads_a_heap_of_32_bits) {
  put_windows_heap(false, 0x9C, 0xA4, 0x50);
}

TEST(HeapWalk, reads_a_heap_whose_blocks_keep_their_sizes_behind_the_links) {
  Space space(true);
  space.allocate(kHeap, 0x100000, 0x20000);
  space.memory().put(kHeap + 0x10, kNt);
  constexpr Address kOther{0x3F0000};
  space.allocate(kOther, 0x10000, 0x10000);
  space.memory().put(kOther + 0x10, kNt);
  space.link(kHeap + 0x78, {kOther + 0x78});  // all heaps of the process
  std::vector<Address> nodes;
  for (std::uint64_t i = 0; i < 189; ++i) {
    const Address base{0x100000000 + i * 0x1100000};
    space.allocate(base, 0x1010000, 0x1010000, 0x60);
    space.put_pointer(base + 0x20, 0x1000040);
    space.put_pointer(base + 0x28, 0x100FFC8);
    nodes.push_back(base + 0x10);
  }
  space.link(kHeap + 0x98, nodes);
  constexpr Address kSubheap{0x7000000};
  space.allocate(kSubheap, 0x400000, 0x50000, 0x60);
  space.link(kHeap + 0x88, {kSubheap + 0x18});

  const HeapFindings found = space.find({kOther, {}});
  ASSERT_EQ(found.heaps.size(), 2U);
  const HeapSize& heap = found.heaps.front();
  EXPECT_EQ(heap.big_blocks, 189U);
  EXPECT_EQ(heap.big_bytes, 189 * std::uint64_t{0x1010000});
  ASSERT_EQ(heap.big_sizes.size(), 1U);
  EXPECT_EQ(heap.big_sizes.front().size, 0x1000040U);
  EXPECT_EQ(heap.segments, 2U);
  EXPECT_EQ(heap.committed, 0x70000U);
  EXPECT_TRUE(found.heaps.back().is_process_heap);
  EXPECT_EQ(found.heaps.back().big_blocks, 0U) << "a neighbour in the list of heaps is no block of it";
}

TEST(HeapWalk, reads_the_big_blocks_of_a_segment_heap_wherever_the_root_of_their_tree_is) {
  for (const std::uint64_t root_at : {0x38U, 0x48U, 0x50U, 0x88U}) {
    Space space(true);
    space.allocate(kHeap, 0x100000, 0x20000, 0x3000);
    space.memory().put(kHeap + 0x10, std::uint32_t{0xDDEEDDEE});
    const Address nodes[] = {kHeap + 0x1000, kHeap + 0x1100, kHeap + 0x1200};
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Address block{0x10000000 + i * 0x2000000};
      space.allocate(block, 0x1010000, 0x1010000);
      space.put_pointer(nodes[i] + 0x10, i == 0 ? 0 : nodes[0].value | 1U);  // with the node's colour
      space.put_pointer(nodes[i] + 0x18, block.value | 0xFC0U);
      space.put_pointer(nodes[i] + 0x20, 0x1001000U | 2U);
    }
    space.put_pointer(nodes[0], nodes[1].value);
    space.put_pointer(nodes[0] + 8, nodes[2].value);
    space.put_pointer(kHeap + root_at, nodes[0].value);

    const HeapFindings found = space.find();
    ASSERT_EQ(found.heaps.size(), 1U);
    EXPECT_EQ(found.heaps.front().kind, HeapKind::kSegment);
    EXPECT_EQ(found.heaps.front().big_blocks, 3U) << root_at;
    ASSERT_EQ(found.heaps.front().big_sizes.size(), 1U);
    EXPECT_EQ(found.heaps.front().big_sizes.front().size, 0x1000040U);
    EXPECT_FALSE(found.heaps.front().note.empty());
  }
}

TEST(HeapWalk, a_heap_of_an_unknown_kind_is_listed_by_its_size_and_said_to_be_unknown) {
  Space space(true);
  space.allocate(kHeap, 0x100000, 0x20000);
  const HeapFindings found = space.find({kHeap, {kHeap}});
  ASSERT_EQ(found.heaps.size(), 1U);
  EXPECT_EQ(found.heaps.front().kind, HeapKind::kUnknown);
  EXPECT_EQ(found.heaps.front().reserved, 0x100000U);
  EXPECT_NE(found.heaps.front().note.find("unknown"), std::string::npos);
}

TEST(HeapWalk, what_the_system_lists_is_believed_and_nothing_else_is_read) {
  Space space(true);
  space.allocate(kHeap, 0x100000, 0x20000);
  space.make_nt_heap(kHeap);
  constexpr Address kBlock{0x5000000};  // a program's own memory that begins like a heap
  space.allocate(kBlock, 0x10000, 0x10000);
  space.make_nt_heap(kBlock);
  const HeapFindings found = space.find({kHeap, {kHeap}});
  ASSERT_EQ(found.heaps.size(), 1U);
  EXPECT_EQ(found.heaps.front().base, kHeap);
  EXPECT_EQ(found.heaps.front().kind, HeapKind::kNt);
  EXPECT_EQ(space.find({kHeap, {{0x999000}}}).heaps.size(), 2U) << "a list that names no memory is none";
}

TEST(HeapWalk, a_list_of_heaps_that_names_no_heap_is_not_believed) {
  Space space(true);
  space.allocate(kHeap, 0x100000, 0x20000);
  space.make_nt_heap(kHeap);
  constexpr Address kNoHeap{0x5000000};
  space.allocate(kNoHeap, 0x100000, 0x20000);
  HeapRoots roots;
  roots.listed = {kNoHeap, {0xDEAD0000}, kHeap + 0x8};
  const HeapFindings found = space.find(roots);
  EXPECT_TRUE(std::any_of(found.heaps.begin(), found.heaps.end(),
                          [](const HeapSize& heap) { return heap.base == kHeap && heap.kind == HeapKind::kNt; }));
}

TEST(HeapWalk, a_list_of_heaps_that_is_partly_nonsense_is_not_all_that_is_looked_at) {
  Space space(true);
  constexpr Address kOther{0x5000000};
  for (const Address heap : {kHeap, kOther}) {
    space.allocate(heap, 0x100000, 0x20000);
    space.make_nt_heap(heap);
  }
  HeapRoots roots;
  roots.listed = {kHeap, {0xDEAD0000}};
  EXPECT_EQ(space.find(roots).heaps.size(), 2U);
}

TEST(HeapWalk, the_list_of_heaps_is_read_from_both_kinds_of_environment_blocks) {
  for (const bool is_64_bit : {true, false}) {
    Space space(is_64_bit);
    constexpr Address kPeb{0x7000};
    space.allocate(kPeb, 0x2000, 0x2000, 0x1000);
    space.put_pointer(kPeb + (is_64_bit ? 0x30 : 0x18), 0x10000);
    space.memory().put(kPeb + (is_64_bit ? 0xE8 : 0x88), std::uint32_t{2});
    space.put_pointer(kPeb + (is_64_bit ? 0xF0 : 0x90), kPeb.value + 0x800);
    space.put_pointer(kPeb + 0x800, 0x10000);
    space.put_pointer(kPeb + 0x800 + space.word(), 0x20000);
    const HeapRoots roots = read_heap_roots(space.memory(), kPeb, is_64_bit);
    EXPECT_EQ(roots.process_heap, Address{0x10000});
    EXPECT_EQ(roots.listed, (std::vector<Address>{{0x10000}, {0x20000}}));
  }
}

TEST(HeapWalk, a_list_that_runs_in_a_circle_past_its_head_ends) {
  Space space(true);
  space.allocate(kHeap, 0x10000, 0x10000);
  space.make_nt_heap(kHeap);
  const Address a{0x1000000};
  const Address b{0x2000000};
  for (const Address base : {a, b}) {
    space.allocate(base, 0x10000, 0x10000);
  }
  space.link(kHeap + 0x98, {a + 0x10, b + 0x10});
  space.put_pointer(a + 0x10, (b + 0x10).value);
  space.put_pointer(b + 0x10, (a + 0x10).value);  // never back to the head,
  space.put_pointer(kHeap + 0xA0, (b + 0x10).value);
  EXPECT_LE(space.find().heaps.front().segments, 3U);
}

TEST(HeapWalk, a_heap_that_claims_a_million_heaps_and_points_into_nowhere_costs_a_bounded_look) {
  Space space(true);
  constexpr Address kPeb{0x7000};
  space.allocate(kPeb, 0x2000, 0x2000, 0x2000);
  space.memory().put(kPeb + 0xE8, std::uint32_t{0xFFFFFFFF});
  space.put_pointer(kPeb + 0xF0, kPeb.value + 0x800);
  for (std::uint64_t at = 0x800; at < 0x1800; at += 8) {
    space.put_pointer(kPeb + at, 0xFFFF'FFFF'FFFF'0000 + at);
  }
  const HeapRoots roots = read_heap_roots(space.memory(), kPeb, true);
  EXPECT_LE(roots.listed.size(), 512U);
  EXPECT_TRUE(space.find(roots).heaps.empty());
}

TEST(HeapWalk, a_tree_whose_nodes_name_the_same_block_again_and_again_counts_it_once) {
  Space space(true);
  space.allocate(kHeap, 0x100000, 0x20000, 0x3000);
  space.memory().put(kHeap + 0x10, std::uint32_t{0xDDEEDDEE});
  constexpr Address kBlock{0x10000000};
  space.allocate(kBlock, 0x1010000, 0x1010000);
  const Address first = kHeap + 0x1000;
  const Address second = kHeap + 0x1100;
  for (const Address node : {first, second}) {
    space.put_pointer(node, second.value);
    space.put_pointer(node + 8, first.value);
    space.put_pointer(node + 0x10, node == first ? 0 : first.value);
    space.put_pointer(node + 0x18, kBlock.value);
    space.put_pointer(node + 0x20, 0x1000000);
  }
  space.put_pointer(kHeap + 0x48, first.value);
  const HeapFindings found = space.find();
  EXPECT_EQ(found.heaps.front().big_blocks, 1U);
  EXPECT_EQ(found.heaps.front().big_bytes, 0x1010000U);
}

TEST(HeapWalk, two_segments_that_each_claim_to_belong_to_the_other_are_survived) {
  Space space(true);
  const Address a{0x1000000};
  const Address b{0x2000000};
  for (const Address base : {a, b}) {
    space.allocate(base, 0x10000, 0x10000);
    space.memory().put(base + 0x10, kNt);
    space.put_pointer(base + 0x28, base == a ? b.value : a.value);
  }
  EXPECT_LE(space.find().heaps.size(), 2U);
}

}  // namespace
}  // namespace catcher
