#pragma once

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evidence/memory_map.h"

namespace catcher {

// A run of pages with the same attributes, free ones too. What MemoryRegion is for a question about one address, this
// is for a whole address space.
struct PageRun {
  Address base;
  std::uint64_t size = 0;   // bytes
  Address allocation_base;  // null for free memory
  RegionState state = RegionState::kFree;
  RegionType type = RegionType::kNone;
  std::uint32_t protection = 0;  // PAGE_… of what is committed
};

// An address space from its bottom to its top.
struct AddressRegions {
  std::vector<PageRun> runs;  // in order of address, without gaps
  bool is_complete = true;    // false: there were more than are looked at
};

// What was reserved in one piece: it is given back in one piece too.
struct Allocation {
  Address base;
  std::uint64_t size = 0;       // bytes, from its first page to its last
  std::uint64_t committed = 0;  // bytes
  RegionType type = RegionType::kNone;
  bool begins_readable = false;  // its first page is committed and may be read
};

// All allocations of an address space.
class Allocations {
 public:
  explicit Allocations(const std::vector<PageRun>& runs);

  // The one that an address lies in, or null.
  const Allocation* find(Address address) const;
  const std::vector<Allocation>& all() const { return all_; }

 private:
  std::vector<Allocation> all_;  // in order of address
};

// True when an ordinary read of such a page succeeds.
bool is_readable(const PageRun& run);

// Every region of a process, by VirtualQueryEx: the process may run or stand still. `process` is a HANDLE with
// PROCESS_QUERY_INFORMATION; not taken. Nothing above `end` is asked for.
AddressRegions list_regions(void* process, Address end);

}  // namespace catcher
