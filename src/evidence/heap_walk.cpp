#include "evidence/heap_walk.h"

#include <algorithm>
#include <map>
#include <set>

#include "evidence/heap_lists.h"
#include "evidence/heap_words.h"

namespace catcher {
namespace {

constexpr std::size_t kMostHeaps = 512;
constexpr std::size_t kMostNodes = 20'000;
constexpr std::size_t kMostSizes = 8;

constexpr std::uint32_t kNtSignature = 0xFFEEFFEE;
constexpr std::uint32_t kSegmentSignature = 0xDDEEDDEE;

// Offsets in the PEB (Microsoft's public symbols; they have not moved since Windows XP).
struct PebLayout {
  std::uint64_t process_heap;
  std::uint64_t number_of_heaps;
  std::uint64_t process_heaps;
};
constexpr PebLayout kPeb64{0x30, 0xE8, 0xF0};
constexpr PebLayout kPeb32{0x18, 0x88, 0x90};

Address read_pointer(const MemoryReader& memory, Address at, bool is_64_bit) {
  return {PointerWords<1>(memory, at, is_64_bit)[0]};
}

// The signature that a heap, or a segment of one, has near its beginning; 0: it cannot be read.
std::uint32_t signature_at(const MemoryReader& memory, Address base, bool is_64_bit) {
  return read_value<std::uint32_t>(memory, base + (is_64_bit ? 0x10 : 0x8)).value_or(0);
}

HeapKind kind_of(std::uint32_t signature) {
  return signature == kNtSignature        ? HeapKind::kNt
         : signature == kSegmentSignature ? HeapKind::kSegment
                                          : HeapKind::kUnknown;
}

// _HEAP_SEGMENT begins like _HEAP, and says whose it is.
bool is_segment_of_another(const MemoryReader& memory, const std::map<Address, HeapKind>& candidates, Address base,
                           bool is_64_bit) {
  const Address owner = read_pointer(memory, base + (is_64_bit ? 0x28 : 0x18), is_64_bit);
  return owner != base && candidates.contains(owner);
}

// Looks at the beginning of every allocation.
std::map<Address, HeapKind> find_by_signature(const MemoryReader& memory, const Allocations& allocations,
                                              bool is_64_bit) {
  std::map<Address, HeapKind> found;
  for (const Allocation& allocation : allocations.all()) {
    if (allocation.type == RegionType::kPrivate && allocation.begins_readable && found.size() < kMostHeaps * 8) {
      const HeapKind kind = kind_of(signature_at(memory, allocation.base, is_64_bit));
      if (kind != HeapKind::kUnknown) {
        found.emplace(allocation.base, kind);
      }
    }
  }
  std::erase_if(found, [&](const auto& one) {
    return one.second == HeapKind::kNt && is_segment_of_another(memory, found, one.first, is_64_bit);
  });
  return found;
}

// By signature only where the system keeps no list that can be believed: that costs a read for every allocation.
std::map<Address, HeapKind> find_candidates(const MemoryReader& memory, const Allocations& allocations,
                                            const HeapRoots& roots, bool is_64_bit) {
  std::map<Address, HeapKind> found;
  const auto take = [&](Address heap) {
    const Allocation* allocation = allocations.find(heap);
    const bool is_allocation = allocation != nullptr && allocation->base == heap;
    if (is_allocation) {
      found.try_emplace(heap, kind_of(signature_at(memory, heap, is_64_bit)));
    }
    return is_allocation;
  };
  const auto good = std::count_if(roots.listed.begin(), roots.listed.end(), take);
  const auto is_known = [](const auto& one) { return one.second != HeapKind::kUnknown; };
  if (static_cast<std::size_t>(good) != roots.listed.size() || std::none_of(found.begin(), found.end(), is_known)) {
    found.merge(find_by_signature(memory, allocations, is_64_bit));
  }
  take(roots.process_heap);
  return found;
}

void count_sizes(const HeapParts& parts, const Allocations& allocations, HeapSize& heap) {
  std::map<std::uint64_t, HeapBlocks> sizes;
  for (const HeapParts::BigBlock& block : parts.blocks) {
    const Allocation* allocation = allocations.find(block.allocation);
    HeapBlocks& same = sizes[block.size];
    same.size = block.size;
    ++same.count;
    same.bytes += allocation->size;
    ++heap.big_blocks;
    heap.big_bytes += allocation->size;
  }
  for (const auto& [size, same] : sizes) {
    heap.big_sizes.push_back(same);
  }
  std::stable_sort(heap.big_sizes.begin(), heap.big_sizes.end(),
                   [](const HeapBlocks& a, const HeapBlocks& b) { return a.bytes > b.bytes; });
  heap.big_sizes.resize(std::min(heap.big_sizes.size(), kMostSizes));
}

std::string note_for(const HeapSize& heap, const HeapParts& parts) {
  if (parts.is_cut) {
    return "it has more big blocks than are looked at: at least so many";
  }
  switch (heap.kind) {
    case HeapKind::kNt:
      return {};
    case HeapKind::kSegment:
      return "a segment heap: its space for small blocks cannot be told from other memory and counts as <unknown>";
    case HeapKind::kUnknown:
      return "a heap of an unknown kind: only its first piece is seen";
  }
  return {};
}

HeapSize measure(HeapWalk& walk, Address base, HeapKind kind, HeapFindings& findings) {
  HeapSize heap;
  heap.base = base;
  heap.kind = kind;
  HeapParts parts = kind == HeapKind::kNt        ? follow_lists(walk, base)
                    : kind == HeapKind::kSegment ? follow_tree(walk, base)
                                                 : HeapParts{};
  parts.segments.push_back(base);
  for (const Address segment : parts.segments) {
    const Allocation* allocation = walk.allocations.find(segment);
    heap.reserved += allocation->size;
    heap.committed += allocation->committed;
    ++heap.segments;
    findings.allocations.push_back(segment);
  }
  for (const HeapParts::BigBlock& block : parts.blocks) {
    findings.allocations.push_back(block.allocation);
  }
  count_sizes(parts, walk.allocations, heap);
  heap.note = note_for(heap, parts);
  return heap;
}

}  // namespace

HeapRoots read_heap_roots(const MemoryReader& memory, Address peb, bool is_64_bit) {
  const PebLayout& layout = is_64_bit ? kPeb64 : kPeb32;
  HeapRoots roots;
  roots.process_heap = read_pointer(memory, peb + layout.process_heap, is_64_bit);
  const std::size_t count = read_value<std::uint32_t>(memory, peb + layout.number_of_heaps).value_or(0);
  const Address list = read_pointer(memory, peb + layout.process_heaps, is_64_bit);
  for (std::size_t i = 0; list && i < std::min(count, kMostHeaps); ++i) {
    if (const Address heap = read_pointer(memory, list + i * (is_64_bit ? 8 : 4), is_64_bit)) {
      roots.listed.push_back(heap);
    }
  }
  return roots;
}

HeapFindings find_heaps(const MemoryReader& memory, const Allocations& allocations, const HeapRoots& roots,
                        bool is_64_bit) {
  const std::map<Address, HeapKind> candidates = find_candidates(memory, allocations, roots, is_64_bit);
  std::set<Address> heads;
  for (const auto& [base, kind] : candidates) {
    heads.insert(base);
  }
  HeapFindings findings;
  HeapWalk walk{memory, allocations, heads, is_64_bit, kMostNodes};
  for (const auto& [base, kind] : candidates) {
    if (findings.heaps.size() == kMostHeaps) {
      break;
    }
    findings.heaps.push_back(measure(walk, base, kind, findings));
    findings.heaps.back().is_process_heap = base == roots.process_heap;
  }
  std::sort(findings.allocations.begin(), findings.allocations.end());
  std::stable_sort(findings.heaps.begin(), findings.heaps.end(), [](const HeapSize& a, const HeapSize& b) {
    return a.reserved + a.big_bytes > b.reserved + b.big_bytes;
  });
  return findings;
}

}  // namespace catcher
