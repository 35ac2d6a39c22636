#include "evidence/heap_lists.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "evidence/heap_words.h"

namespace catcher {
namespace {

constexpr std::size_t kHeaderWords = 128;  // the lists of every known layout begin in the first 0x400 bytes
constexpr std::size_t kFirstListWord = 3;  // behind the signature
constexpr std::uint64_t kPageMask = 0xFFF;
constexpr std::uint64_t kFarthestEntry = 0x11000;  // Windows 8 and later move a block's entry by up to 16 pages
constexpr std::uint32_t kNtSignature = 0xFFEEFFEE;
constexpr std::size_t kWordsOfNode = 8;

using NodeWords = PointerWords<kWordsOfNode>;

std::uint64_t word_size(const HeapWalk& walk) {
  return walk.is_64_bit ? 8 : 4;
}

// XORs away what the heap hides a block's header with (_HEAP.Encoding), and gives the header's UnusedBytes when its
// checksum agrees.
std::optional<std::uint64_t> unused_bytes(const HeapWalk& walk, Address heap, const NodeWords& node) {
  const bool wide = walk.is_64_bit;
  const std::uint64_t encoding_at = wide ? 0x88 : 0x50;  // the second half of it, where the size is
  const auto encoding = read_value<std::uint64_t>(walk.memory, heap + encoding_at);
  const std::uint64_t header = (wide ? node[7] : node[6] | (node[7] << 32U)) ^ encoding.value_or(0);
  const auto byte = [header](unsigned index) { return (header >> (8 * index)) & 0xFFU; };
  return byte(3) == (byte(0) ^ byte(1) ^ byte(2)) ? std::optional(header & 0xFFFFU) : std::nullopt;
}

bool is_page_aligned(std::uint64_t size) {
  return size != 0 && (size & kPageMask) == 0;
}

// The size of the big block whose entry this is: by _HEAP_VIRTUAL_ALLOC_ENTRY's CommitSize and ReserveSize, or by the
// pair of sizes that other heaps keep right behind the links. Nothing: it is no big block.
std::optional<std::uint64_t> block_size(const HeapWalk& walk, Address heap, Address at, const NodeWords& node,
                                        const Allocation& allocation) {
  if (node.size() < kWordsOfNode || at - allocation.base >= kFarthestEntry) {
    return std::nullopt;
  }
  const std::uint64_t commit = node[4];
  const std::uint64_t reserve = node[5];
  if (is_page_aligned(commit) && is_page_aligned(reserve) && commit <= reserve && reserve <= allocation.size) {
    const std::uint64_t unused = unused_bytes(walk, heap, node).value_or(0);
    return commit - std::min(unused, commit);
  }
  const std::uint64_t user = node[2];
  const std::uint64_t whole = node[3];
  if (user != 0 && user <= whole && whole % word_size(walk) == 0 && whole <= allocation.size &&
      whole + kFarthestEntry > allocation.size) {
    return user;
  }
  return std::nullopt;
}

// A segment's entry lies behind its signature, which is two words before the list on 64 bits as on 32.
bool is_segment(const HeapWalk& walk, Address node) {
  return read_value<std::uint32_t>(walk.memory, node - 8) == kNtSignature;
}

// Whether a list may begin here that leads out of the heap's own piece of memory. One that begins and ends in it, as
// those of free blocks do, says nothing; and nothing is read to find that out.
bool may_lead_out(const HeapWalk& walk, const Allocation& own, std::uint64_t flink, std::uint64_t blink) {
  if (flink % word_size(walk) != 0 || blink % word_size(walk) != 0) {
    return false;
  }
  const Allocation* first = walk.allocations.find({flink});
  const Allocation* last = walk.allocations.find({blink});
  return first != nullptr && last != nullptr && (first->base != own.base || last->base != own.base);
}

// True when the node told of memory that was not known to belong to the heap.
bool take_node(const HeapWalk& walk, Address heap, Address at, const NodeWords& node, const Allocation& allocation,
               HeapParts& parts) {
  const bool is_known =
      std::find(parts.segments.begin(), parts.segments.end(), allocation.base) != parts.segments.end();
  if (is_known || walk.heads.contains(allocation.base)) {
    return false;
  }
  if (const auto size = is_segment(walk, at) ? std::nullopt : block_size(walk, heap, at, node, allocation)) {
    parts.blocks.push_back({allocation.base, *size});
    return true;
  }
  if (at - allocation.base >= kFarthestEntry) {
    return false;
  }
  parts.segments.push_back(allocation.base);
  return true;
}

// Each node must name the one before it. Lists that stay in memory that is known already, those of free blocks above
// all, may be long and say nothing: they are left after a few nodes.
void follow_list(HeapWalk& walk, Address heap, Address head, std::uint64_t first, HeapParts& parts) {
  constexpr int kMostIdle = 4;
  int idle = 0;
  Address before = head;
  Address at{first};
  while (at != head && idle < kMostIdle) {
    if (walk.nodes_left == 0) {
      parts.is_cut = true;
      return;
    }
    --walk.nodes_left;
    const Allocation* allocation = walk.allocations.find(at);
    const NodeWords node(walk.memory, at, walk.is_64_bit);
    // A list that runs in a circle without its head has a node with a wrong way back.
    if (allocation == nullptr || allocation->type != RegionType::kPrivate || node.size() < 2 ||
        node[1] != before.value) {
      return;
    }
    idle += take_node(walk, heap, at, node, *allocation, parts) ? 0 : 1;
    before = at;
    at = Address{node[0]};
  }
}

void keep_each_once(HeapParts& parts) {
  std::sort(parts.segments.begin(), parts.segments.end());
  parts.segments.erase(std::unique(parts.segments.begin(), parts.segments.end()), parts.segments.end());
  const auto is_before = [](const HeapParts::BigBlock& a, const HeapParts::BigBlock& b) {
    return a.allocation < b.allocation;
  };
  const auto is_same = [](const HeapParts::BigBlock& a, const HeapParts::BigBlock& b) {
    return a.allocation == b.allocation;
  };
  std::stable_sort(parts.blocks.begin(), parts.blocks.end(), is_before);
  parts.blocks.erase(std::unique(parts.blocks.begin(), parts.blocks.end(), is_same), parts.blocks.end());
  std::erase_if(parts.segments, [&parts, is_before](Address segment) {
    return std::binary_search(parts.blocks.begin(), parts.blocks.end(), HeapParts::BigBlock{segment, 0}, is_before);
  });
}

// _HEAP_LARGE_ALLOC_DATA: a node of a tree {left, right, parent}, the block's address with its unused bytes in the low
// 16 bits, and its pages in the high bits of the next word.
struct TreeNode {
  Address left;
  Address right;
  Address parent;
  Address block;
  std::uint64_t unused = 0;
  std::uint64_t bytes = 0;
};

std::optional<TreeNode> read_tree_node(const HeapWalk& walk, Address at) {
  const PointerWords<5> words(walk.memory, at, walk.is_64_bit);
  if (words.size() < 5) {
    return std::nullopt;
  }
  constexpr std::uint64_t kFlagsOfParent = 7;
  return TreeNode{
      {words[0]},         {words[1]},           {words[2] & ~kFlagsOfParent}, {words[3] & ~std::uint64_t{0xFFFF}},
      words[3] & 0xFFFFU, words[4] & ~kPageMask};
}

// The allocation of a block that a node's fields agree with.
const Allocation* block_of(const HeapWalk& walk, const TreeNode& node) {
  const Allocation* allocation = walk.allocations.find(node.block);
  const bool fits = allocation != nullptr && allocation->type == RegionType::kPrivate &&
                    allocation->base == node.block && node.bytes != 0 && node.bytes <= allocation->size &&
                    node.unused < node.bytes;
  return fits ? allocation : nullptr;
}

HeapParts follow_tree_from(HeapWalk& walk, Address root) {
  HeapParts parts;
  std::set<Address> seen;
  std::vector<std::pair<Address, Address>> due{{root, Address{}}};  // a node, and what it must have as its parent
  while (!due.empty()) {
    const auto [at, parent] = due.back();
    due.pop_back();
    if (walk.nodes_left == 0) {
      parts.is_cut = true;
      break;
    }
    --walk.nodes_left;
    const auto node = read_tree_node(walk, at);
    if (!node || node->parent != parent || block_of(walk, *node) == nullptr || !seen.insert(at).second) {
      continue;
    }
    parts.blocks.push_back({node->block, node->bytes - node->unused});
    for (const Address child : {node->left, node->right}) {
      if (child) {
        due.emplace_back(child, at);
      }
    }
  }
  return parts;
}

}  // namespace

HeapParts follow_lists(HeapWalk& walk, Address heap) {
  HeapParts parts;
  const Allocation* own = walk.allocations.find(heap);
  const PointerWords<kHeaderWords> header(walk.memory, heap, walk.is_64_bit);
  for (std::size_t i = kFirstListWord; own != nullptr && i + 1 < header.size(); ++i) {
    if (may_lead_out(walk, *own, header[i], header[i + 1])) {
      follow_list(walk, heap, heap + i * word_size(walk), header[i], parts);
    }
  }
  keep_each_once(parts);
  return parts;
}

HeapParts follow_tree(HeapWalk& walk, Address heap) {
  constexpr std::size_t kLastRootWord = 0x100 / 8;
  HeapParts best;
  const PointerWords<kHeaderWords> header(walk.memory, heap, walk.is_64_bit);
  for (std::size_t i = kFirstListWord; i < std::min(header.size(), kLastRootWord); ++i) {
    const Address root{header[i]};
    if (root.value % word_size(walk) != 0 || walk.allocations.find(root) == nullptr) {
      continue;
    }
    HeapParts found = follow_tree_from(walk, root);
    if (found.blocks.size() > best.blocks.size()) {
      best = std::move(found);
    }
  }
  keep_each_once(best);
  return best;
}

}  // namespace catcher
