#include "monitors/allocation_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace catcher {
namespace {

Address end_of(Address begin, std::uint64_t size) {
  return {size > UINT64_MAX - begin.value ? UINT64_MAX : begin.value + size};
}

}  // namespace

std::uint64_t CommittedRuns::add(Address begin, Address end) {
  if (end <= begin) {
    return 0;
  }
  const std::uint64_t before = bytes_;
  const Address wanted = begin;
  remove(begin, end);
  const std::uint64_t was_there = before - bytes_;
  bytes_ = before - was_there + (end - wanted);
  auto next = runs_.lower_bound(begin);
  if (next != runs_.begin() && std::prev(next)->second == begin) {
    next = std::prev(next);
    begin = next->first;
    next = runs_.erase(next);
  }
  if (next != runs_.end() && next->first == end) {
    end = next->second;
    runs_.erase(next);
  }
  runs_[begin] = end;
  return bytes_ - before;
}

std::uint64_t CommittedRuns::remove(Address begin, Address end) {
  if (end <= begin) {
    return 0;
  }
  const std::uint64_t before = bytes_;
  auto run = runs_.upper_bound(begin);
  run = run == runs_.begin() ? run : std::prev(run);
  while (run != runs_.end() && run->first < end) {
    const auto [first, last] = *run;
    if (last <= begin) {
      ++run;
      continue;
    }
    run = runs_.erase(run);
    bytes_ -= std::min(last, end) - std::max(first, begin);
    if (first < begin) {
      runs_[first] = begin;
    }
    if (end < last) {
      runs_[end] = last;
    }
  }
  return before - bytes_;
}

CommittedRuns CommittedRuns::split(Address at) {
  CommittedRuns behind;
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    if (at < run->second) {
      behind.add(std::max(run->first, at), run->second);
    }
  }
  remove(at, {UINT64_MAX});
  return behind;
}

AllocationPlaceHistory& AllocationTable::history_of(AllocationPlace place) {
  if (histories_.size() <= place) {
    histories_.resize(place + std::size_t{1});
  }
  return histories_[place];
}

void AllocationTable::change(AllocationPlace place, std::uint64_t added, std::uint64_t removed, Time time) {
  AllocationPlaceHistory& history = history_of(place);
  history.bytes = history.bytes + added - removed;
  history.series.set(time, history.bytes);
}

AllocationTable::Blocks::iterator AllocationTable::block_at(Address address) {
  auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) {
    return blocks_.end();
  }
  --next;
  return address - next->first < next->second.size ? next : blocks_.end();
}

AllocationTable::Blocks::iterator AllocationTable::erase(Blocks::iterator block, Time time) {
  change(block->second.place, 0, block->second.bytes(), time);
  ++history_of(block->second.place).freed;
  return blocks_.erase(block);
}

AllocationTable::Blocks::iterator AllocationTable::lose(Blocks::iterator block, Time time) {
  ++lost_;
  return erase(block, time);
}

AllocatedBlock& AllocationTable::add(const Call& call) {
  cut(call.base, end_of(call.base, call.size), call.time, lost_);
  ++allocated_;
  ++history_of(call.place).allocated;
  AllocatedBlock& block = blocks_[call.base];
  block.size = end_of(call.base, call.size) - call.base;
  block.place = call.place;
  block.tid = call.tid;
  block.time = call.time;
  return block;
}

void AllocationTable::reserved(const Call& call, bool commits) {
  if (call.size == 0) {
    return;
  }
  AllocatedBlock& block = add(call);
  if (commits) {
    block.commits = 1;
    block.first_commit = block.committed.add(call.base, end_of(call.base, call.size));
    change(call.place, block.first_commit, 0, call.time);
  }
}

void AllocationTable::committed(const Call& call) {
  const auto found = block_at(call.base);
  if (found == blocks_.end()) {
    reserved(call, true);  // it was reserved before anybody looked
    return;
  }
  AllocatedBlock& block = found->second;
  if (block.is_view) {
    return;  // pages of a section that reserves only: the view counts as a whole
  }
  const Address end = std::min(end_of(call.base, call.size), end_of(found->first, block.size));
  const std::uint64_t added = block.committed.add(call.base, end);
  if (added == 0) {
    return;
  }
  block.first_commit = block.commits++ == 0 ? added : block.first_commit;
  BlockGrowth& growth = block.growth[call.place];
  growth.first = growth.steps++ == 0 ? call.time : growth.first;
  growth.last = call.time;
  growth.bytes += added;
  change(block.place, added, 0, call.time);
}

void AllocationTable::decommitted(Address base, std::uint64_t size, Time time) {
  const auto found = block_at(base);
  if (found == blocks_.end() || found->second.is_view) {
    return;
  }
  const Address end = end_of(found->first, found->second.size);
  const std::uint64_t removed =
      found->second.committed.remove(base, size == 0 ? end : std::min(end, end_of(base, size)));
  change(found->second.place, 0, removed, time);
}

bool AllocationTable::cut(Address begin, Address end, Time time, std::uint64_t& gone) {
  bool any = false;
  auto block = block_at(begin);
  block = block == blocks_.end() ? blocks_.lower_bound(begin) : block;
  while (block != blocks_.end() && block->first < end) {
    any = true;
    const Address first = block->first;
    const Address last = end_of(first, block->second.size);
    if (begin <= first && last <= end) {
      ++gone;
      block = erase(block, time);
      continue;
    }
    AllocatedBlock& left = block->second;
    const std::uint64_t before = left.bytes();
    AllocatedBlock rest = left;
    rest.growth.clear();
    rest.committed = left.committed.split(std::min(last, end));
    left.committed.remove(begin, end);
    rest.size = last - std::min(last, end);
    left.size = begin < first ? 0 : begin - first;
    const std::uint64_t after = (left.size == 0 ? 0 : left.bytes()) + (rest.size == 0 ? 0 : rest.bytes());
    change(left.place, 0, before - after, time);
    if (rest.size != 0) {
      blocks_[end] = std::move(rest);
    }
    block = left.size == 0 ? blocks_.erase(block) : std::next(block);
  }
  return any;
}

void AllocationTable::released(Address base, std::uint64_t size, Time time) {
  if (size != 0) {
    freed_unknown_ += cut(base, end_of(base, size), time, freed_) ? 0U : 1U;
    return;
  }
  const auto found = blocks_.find(base);
  if (found == blocks_.end() || found->second.is_view) {
    ++freed_unknown_;
    return;
  }
  ++freed_;
  erase(found, time);
}

void AllocationTable::mapped(const Call& call) {
  if (call.size == 0) {
    return;
  }
  AllocatedBlock& view = add(call);
  view.is_view = true;
  history_of(call.place).maps = true;
  change(call.place, view.size, 0, call.time);
}

void AllocationTable::unmapped(Address inside, Time time) {
  const auto found = block_at(inside);
  if (found == blocks_.end() || !found->second.is_view) {
    ++freed_unknown_;
    return;
  }
  ++freed_;
  erase(found, time);
}

}  // namespace catcher
