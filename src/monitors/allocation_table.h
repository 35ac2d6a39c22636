#pragma once

#include "monitors/growth_series.h"

#include <catcher/address.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace catcher {

// Where in a program something was allocated, by a number of the caller's; they are dense, from 0 on.
using AllocationPlace = std::uint32_t;

// Pages that are committed: runs that neither touch nor overlap.
class CommittedRuns {
 public:
  // What is not committed yet becomes so, or the other way round; how many bytes that changed.
  std::uint64_t add(Address begin, Address end);
  std::uint64_t remove(Address begin, Address end);

  std::uint64_t bytes() const { return bytes_; }

  // Moves what lies at `at` and behind it into another.
  CommittedRuns split(Address at);

 private:
  std::map<Address, Address> runs_;  // begin and end
  std::uint64_t bytes_ = 0;
};

// What one place committed in a block.
struct BlockGrowth {
  std::uint64_t bytes = 0;
  std::uint64_t steps = 0;
  std::chrono::milliseconds first{};
  std::chrono::milliseconds last{};
};

// Address space that was allocated at once and not given back.
struct AllocatedBlock {
  std::uint64_t size = 0;  // bytes of address space
  AllocationPlace place = 0;
  std::uint32_t tid = 0;
  std::chrono::milliseconds time{};
  bool is_view = false;
  CommittedRuns committed;                        // not of a view
  std::uint64_t commits = 0;                      // calls that committed something in it
  std::uint64_t first_commit = 0;                 // bytes
  std::map<AllocationPlace, BlockGrowth> growth;  // what was committed by calls of their own

  std::uint64_t bytes() const { return is_view ? size : committed.bytes(); }
};

// What was allocated at one place, over time.
struct AllocationPlaceHistory {
  std::uint64_t allocated = 0;  // blocks
  std::uint64_t freed = 0;
  std::uint64_t bytes = 0;  // now
  bool maps = false;        // the blocks are views
  GrowthSeries series;      // of the bytes
};

// The allocations of one process and what became of them. Knows no process: values in, values out. Only calls that
// succeeded are for it. Addresses and sizes come rounded to pages, as the system gives them back; those of a hostile
// process may be anything and harm nobody.
class AllocationTable {
 public:
  using Time = std::chrono::milliseconds;

  struct Call {
    Address base;
    std::uint64_t size = 0;
    AllocationPlace place = 0;
    std::uint32_t tid = 0;
    Time time{};
  };

  // Address space was reserved, and if `commits` committed too. What is known to lie there has gone unseen.
  void reserved(const Call& call, bool commits);

  // Pages of what was reserved before were committed.
  void committed(const Call& call);

  // Pages were given back, their address space was not. Size 0: of the whole block.
  void decommitted(Address base, std::uint64_t size, Time time);

  // Address space was given back. Size 0: the block that begins there.
  void released(Address base, std::uint64_t size, Time time);

  void mapped(const Call& call);

  // A view was given back, by any address in it.
  void unmapped(Address inside, Time time);

  // Forgets what is not there any more although nobody was seen to give it back: what `is_there` says no to.
  template <typename IsThere>
  void forget_lost(IsThere is_there, Time time) {
    for (auto block = blocks_.begin(); block != blocks_.end();) {
      block = is_there(block->first, block->second) ? std::next(block) : lose(block, time);
    }
  }

  const std::map<Address, AllocatedBlock>& blocks() const { return blocks_; }
  // Null where nothing was allocated.
  const AllocationPlaceHistory* history(AllocationPlace place) const {
    return place < histories_.size() ? &histories_[place] : nullptr;
  }

  std::uint64_t allocated() const { return allocated_; }
  std::uint64_t freed() const { return freed_; }
  std::uint64_t freed_unknown() const { return freed_unknown_; }
  std::uint64_t lost() const { return lost_; }

 private:
  using Blocks = std::map<Address, AllocatedBlock>;

  Blocks::iterator block_at(Address address);
  Blocks::iterator erase(Blocks::iterator block, Time time);
  Blocks::iterator lose(Blocks::iterator block, Time time);
  AllocatedBlock& add(const Call& call);
  // Takes the range out of every block; those of which nothing is left are counted in `gone`.
  bool cut(Address begin, Address end, Time time, std::uint64_t& gone);
  AllocationPlaceHistory& history_of(AllocationPlace place);
  void change(AllocationPlace place, std::uint64_t added, std::uint64_t removed, Time time);

  Blocks blocks_;
  std::vector<AllocationPlaceHistory> histories_;
  std::uint64_t allocated_ = 0;
  std::uint64_t freed_ = 0;
  std::uint64_t freed_unknown_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace catcher
