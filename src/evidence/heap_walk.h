#pragma once

#include <catcher/address.h>
#include <catcher/memory_report.h>

#include <vector>

#include "debugger/memory_reader.h"
#include "evidence/address_regions.h"

namespace catcher {

// What a process's environment block says about its heaps.
struct HeapRoots {
  Address process_heap;         // ProcessHeap
  std::vector<Address> listed;  // ProcessHeaps[NumberOfHeaps]; empty where the system keeps no such list
};

// The heaps of one process.
struct HeapFindings {
  std::vector<HeapSize> heaps;       // the largest first
  std::vector<Address> allocations;  // bases of all that belongs to a heap, in order of address
};

// Reads what the PEB (of 32 or of 64 bits) tells. Everything in it may be forged.
HeapRoots read_heap_roots(const MemoryReader& memory, Address peb, bool is_64_bit);

// Finds the heaps of a process and what belongs to them: those that the roots name, and those that show by their
// signature. The layouts of heaps differ between versions of the system, so none is taken on trust: a list or a tree
// counts when its links agree with each other, whatever the offset at which it hangs. Reads a bounded amount, whatever
// the memory says.
HeapFindings find_heaps(const MemoryReader& memory, const Allocations& allocations, const HeapRoots& roots,
                        bool is_64_bit);

}  // namespace catcher
