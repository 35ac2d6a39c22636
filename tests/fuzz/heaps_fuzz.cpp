// The heaps of a process whose memory holds anything: the walk ends, counts nothing twice and claims no memory that is
// not there.
#include "evidence/heap_walk.h"
#include "fuzz_input.h"
#include "unwind_image_builder.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace catcher::fuzz {
namespace {

constexpr std::uint64_t kStep = 0x10000;
constexpr std::size_t kBlocks = 6;
constexpr std::size_t kBlockSize = 0x800;

// Mostly places in the blocks, so that lists and trees are not left to chance.
std::uint64_t word(FuzzInput& input) {
  const auto value = input.take<std::uint16_t>();
  const std::uint64_t inside = kStep * (1 + (value >> 8U) % kBlocks) + (value & 0xFFU) * 8;
  return (value & 0x8000U) != 0 ? std::uint64_t{value & 0x7FFFU} << 4U : inside;
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher;
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  const bool is_64_bit = input.flag();
  BlockMemory memory;
  std::vector<PageRun> runs;
  for (std::size_t i = 1; i <= kBlocks; ++i) {
    const Address base{kStep * i};
    std::vector<std::byte>& block = memory.block(base);
    block.resize(kBlockSize);
    const std::uint32_t signature = input.flag() ? 0xFFEEFFEE : 0xDDEEDDEE;
    if (input.flag()) {
      std::memcpy(block.data() + (is_64_bit ? 0x10 : 0x8), &signature, sizeof signature);
    }
    runs.push_back({base, kBlockSize, base, RegionState::kCommitted, RegionType::kPrivate, 0x04});
  }
  while (!input.rest().empty()) {
    const std::uint64_t at = word(input);
    const std::uint64_t value = word(input);
    const std::uint64_t block = at / kStep;
    if (block >= 1 && block <= kBlocks && at % kStep + 8 <= kBlockSize) {
      std::memcpy(memory.block({block * kStep}).data() + at % kStep, &value, is_64_bit ? 8 : 4);
    }
  }
  const Allocations allocations(runs);
  const HeapFindings found = find_heaps(memory, allocations, read_heap_roots(memory, {kStep}, is_64_bit), is_64_bit);
  std::uint64_t claimed = 0;
  for (const HeapSize& heap : found.heaps) {
    require(heap.segments >= 1, "a heap has a first piece");
    require(heap.big_blocks <= kBlocks, "a block is counted once");
    require(heap.committed <= heap.reserved, "no more is committed than there is");
    claimed = std::max(claimed, heap.reserved + heap.big_bytes);
  }
  require(claimed <= kBlocks * kBlockSize, "no heap is larger than the memory");
  for (const Address base : found.allocations) {
    require(allocations.find(base) != nullptr, "what belongs to a heap is there");
  }
  return 0;
}
