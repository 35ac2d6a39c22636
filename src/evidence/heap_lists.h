#pragma once

#include <catcher/address.h>
#include <catcher/memory_report.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "debugger/memory_reader.h"
#include "evidence/address_regions.h"

namespace catcher {

// What hangs on one heap.
struct HeapParts {
  struct BigBlock {
    Address allocation;
    std::uint64_t size = 0;  // what its owner asked for, or where the heap does not tell, what it takes
  };
  std::vector<Address> segments;  // further allocations for small blocks
  std::vector<BigBlock> blocks;
  bool is_cut = false;  // more hangs on it than was looked at
};

// Where a walk looks things up, and how much it may still read.
struct HeapWalk {
  const MemoryReader& memory;
  const Allocations& allocations;
  const std::set<Address>& heads;  // of all heaps: these hang on nobody
  bool is_64_bit;
  std::size_t nodes_left;  // of all lists and trees together
};

// Follows every doubly linked list that begins in the heap's header.
HeapParts follow_lists(HeapWalk& walk, Address heap);

// Follows the tree of big blocks of a segment heap.
HeapParts follow_tree(HeapWalk& walk, Address heap);

}  // namespace catcher
