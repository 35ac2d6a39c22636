#include "monitors/watched_allocations.h"

#include "debugger/syscall_probe.h"
#include "evidence/memory_map.h"
#include "monitors/own_code.h"
#include "triage/allocation_words.h"
#include "triage/canonical_name.h"
#include "triage/path_name.h"
#include "triage/skipped_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace catcher {
namespace {

// MEM_… of Microsoft's headers. The last two go with MEM_RELEASE.
constexpr std::uint64_t kCommit = 0x1000;
constexpr std::uint64_t kReserve = 0x2000;
constexpr std::uint64_t kDecommit = 0x4000;
constexpr std::uint64_t kRelease = 0x8000;
constexpr std::uint64_t kCoalescePlaceholders = 0x1;
constexpr std::uint64_t kPreservePlaceholder = 0x2;

// What is left of so many blocks is not looked at one by one: each costs a system call.
constexpr std::size_t kMostChecked = 20'000;

// No user address space reaches further, not with five levels of page tables. What a system says it has given to a
// nonsensical call can lie anywhere.
constexpr std::uint64_t kEndOfUserSpace = std::uint64_t{1} << 56;

struct AddressAndSize {
  Address base;
  std::uint64_t size = 0;
};

// For a person who reads it: where a function's namespace has no name, there is none.
std::string plain_function(const std::string& canonical) {
  constexpr std::string_view kAnonymous = "?anonymous::";
  std::string name = canonical;
  for (std::size_t at = name.find(kAnonymous); at != std::string::npos; at = name.find(kAnonymous, at)) {
    name.erase(at, kAnonymous.size());
  }
  return name;
}

// Both mostly stand close together on the caller's stack: then one read gets them.
std::optional<AddressAndSize> read_pair(const MemoryReader& memory, Address base, Address size) {
  constexpr std::size_t kClose = 256;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const Address low = std::min(base, size);
  const std::uint64_t distance = std::max(base, size) - low;
  AddressAndSize result;
  std::array<std::byte, kClose + kWord> bytes{};
  if (distance <= kClose) {
    const auto some = std::span(bytes).first(static_cast<std::size_t>(distance) + kWord);
    if (memory.read(low, some) == some.size()) {
      std::memcpy(&result.base.value, bytes.data() + (base - low), kWord);
      std::memcpy(&result.size, bytes.data() + (size - low), kWord);
      return result;
    }
  }
  const auto where = read_value<std::uint64_t>(memory, base);
  const auto how_much = read_value<std::uint64_t>(memory, size);
  return where && how_much ? std::optional(AddressAndSize{{*where}, *how_much}) : std::nullopt;
}

}  // namespace

WatchedAllocations::WatchedAllocations(Process& process, const MemoryOptions& options, SymbolCache& symbols,
                                       Clock::time_point run_started)
    : process_(process), options_(options), symbols_(symbols), run_started_(run_started), sampler_(process) {
  count_.pid = process.pid;
  count_.image = file_name_of(process.image);
}

std::chrono::milliseconds WatchedAllocations::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - run_started_);
}

void WatchedAllocations::begin() {
  has_begun_ = true;
  if (process_.state.attached) {
    count_.begins = now();
  }
}

void WatchedAllocations::stop() {
  count_.stopped = now();
  pending_.clear();
}

void WatchedAllocations::on_module_unloading(const Module& module) {
  describe_modules(process_);
  unloaded_.push_back(module);
  sampler_.modules_changed(module.base);
}

void WatchedAllocations::on_thread_ended(std::uint32_t tid) {
  pending_.erase(tid);
  sampler_.forget_thread(tid);
}

void WatchedAllocations::on_entry(const AllocationCall& call, ProbeHit& hit, WatchedAllocations* target) {
  ++count_.hits;
  const bool takes = call.kind == AllocationCallKind::kAllocate || call.kind == AllocationCallKind::kMap;
  if (takes) {
    enter_allocation(call, hit, target);
  } else if (target != nullptr) {
    enter_free(call, hit, *target);
  }
}

void WatchedAllocations::enter_allocation(const AllocationCall& call, ProbeHit& hit, WatchedAllocations* target) {
  sampler_.begin(hit.context, hit.thread);
  const MemoryReader& memory = sampler_.memory();
  const auto argument = [&](std::uint8_t number) { return syscall_argument(hit.context, memory, number); };
  Pending pending;
  pending.stack_pointer = hit.context.stack_pointer().value;
  pending.call = &call;
  pending.base = {argument(call.base)};
  pending.size = {argument(call.size)};
  pending.type = argument(call.type);
  pending.return_to = {read_value<std::uint64_t>(memory, hit.context.stack_pointer()).value_or(0)};
  pending.has_base = read_value<std::uint64_t>(memory, pending.base).value_or(0) != 0;
  const bool is_wanted = call.kind == AllocationCallKind::kMap || (pending.type & (kCommit | kReserve)) != 0;
  if (target != nullptr && is_wanted) {
    pending.target = target;
    pending.place = target->place_of(*this, sampler_.take(hit.context, hit.thread, hit.at()), call);
  }
  auto& stack = pending_[hit.thread.tid];
  while (!stack.empty() && stack.back().stack_pointer <= pending.stack_pointer) {
    stack.pop_back();  // left by an exception
  }
  stack.push_back(pending);
}

void WatchedAllocations::on_exit(ProbeHit& hit) {
  ++count_.hits;
  auto& stack = pending_[hit.thread.tid];
  const std::uint64_t stack_pointer = hit.context.stack_pointer().value;
  while (!stack.empty() && stack.back().stack_pointer < stack_pointer) {
    stack.pop_back();
  }
  if (stack.empty() || stack.back().stack_pointer != stack_pointer) {
    return;  // it was under way when catcher came
  }
  const Pending call = stack.back();
  stack.pop_back();
  if (call.return_to) {
    hit.return_to = call.return_to;
  }
  if (call.target != nullptr && static_cast<std::int32_t>(hit.context.result()) >= 0) {  // NT_SUCCESS
    receive(call, hit.thread.tid);
  }
}

void WatchedAllocations::receive(const Pending& call, std::uint32_t tid) {
  const auto got = read_pair(process_.memory, call.base, call.size);
  if (!got || got->base.value >= kEndOfUserSpace || got->size > kEndOfUserSpace - got->base.value) {
    return;
  }
  AllocationTable& table = call.target->table_;
  const AllocationTable::Call what{got->base, got->size, call.place, tid, now()};
  if (call.call->kind == AllocationCallKind::kMap) {
    table.mapped(what);
  } else if ((call.type & kReserve) != 0 || !call.has_base) {
    table.reserved(what, (call.type & kCommit) != 0);
  } else {
    table.committed(what);
  }
}

// What is given back is so from its entry on: another thread may be given the same addresses before this one is back.
void WatchedAllocations::enter_free(const AllocationCall& call, const ProbeHit& hit, WatchedAllocations& target) {
  const auto argument = [&](std::uint8_t number) {
    return syscall_argument(hit.context, process_.memory, number);  // all in registers
  };
  if (call.kind == AllocationCallKind::kUnmap) {
    target.table_.unmapped({argument(call.base)}, now());
    return;
  }
  const auto given = read_pair(process_.memory, {argument(call.base)}, {argument(call.size)});
  if (!given) {
    return;
  }
  const std::uint64_t type = argument(call.type);
  const bool stays = (type & kPreservePlaceholder) != 0;
  if ((type & kDecommit) != 0 || ((type & kRelease) != 0 && stays)) {
    target.table_.decommitted(given->base, given->size, now());
  } else if ((type & kRelease) != 0 && (type & kCoalescePlaceholders) == 0) {
    target.table_.released(given->base, given->size, now());
  }
}

AllocationPlace WatchedAllocations::place_of(WatchedAllocations& by, StackSampler::StackId stack,
                                             const AllocationCall& call) {
  const auto [known, is_new] =
      place_numbers_.try_emplace({&by, stack, &call}, static_cast<AllocationPlace>(places_.size()));
  if (is_new) {
    places_.push_back({&by, stack, &call});
  }
  return known->second;
}

const Module* WatchedAllocations::module_of(Address pc) const {
  const Module* module = find_module(process_.modules, pc);
  return module != nullptr ? module : find_module(unloaded_, pc);
}

std::vector<Module> WatchedAllocations::all_modules() const {
  std::vector<Module> modules = process_.modules;
  std::copy_if(unloaded_.begin(), unloaded_.end(), std::back_inserter(modules), [&modules](const Module& gone) {
    return std::none_of(modules.begin(), modules.end(), [&gone](const Module& there) {
      return there.contains(gone.base) || gone.contains(there.base);
    });
  });
  return modules;
}

NamedAllocationPlace WatchedAllocations::name(StackSampler::StackId stack) {
  if (!symbolizer_) {
    symbolizer_.emplace(symbols_, all_modules(), process_.memory);
  }
  std::vector<CodeAddress> codes;
  for (const Address pc : sampler_.frames(stack)) {
    codes.push_back({pc, !codes.empty(), codes.empty() ? FrameSource::kContext : FrameSource::kUnwindData});
  }
  NamedAllocationPlace result;
  result.stack.frames = symbolizer_->frames(codes);
  result.stack.frames_total = result.stack.frames.size();
  result.own_frame = result.stack.frames.size();
  for (std::size_t i = 0; i < result.stack.frames.size(); ++i) {
    const Frame& frame = result.stack.frames[i];
    const std::string module = canonical_module(frame.module);
    const std::string function = canonical_function(frame.function);
    const Module* home = module_of(frame.pc);
    if (home == nullptr || !is_own_code(*home, process_.image_base) || is_skipped_frame(module, function)) {
      const AllocatorRole role = result.path.empty() ? allocator_role(module, function) : AllocatorRole::kNone;
      result.role = std::max(result.role, role);
      continue;
    }
    result.own_frame = std::min(result.own_frame, i);
    result.path.push_back(function.empty() ? fmt::format("{}+0x{:x}", frame.module, frame.offset)
                                           : fmt::format("{}!{}", frame.module, plain_function(function)));
  }
  return result;
}

// What is not there any more although nobody was seen to give it back: by the kernel, by another process, or while
// nobody looked. Gives back which of the others are images.
std::set<Address> WatchedAllocations::forget_lost() {
  std::set<Address> images;
  for (const Module& module : process_.modules) {
    images.insert(module.base);
  }
  const ProcessMemoryMap map(process_.handle);
  if (!process_.alive() || table_.blocks().size() > kMostChecked || !map.region_at(process_.image_base)) {
    return images;  // where all of it is gone, what was there last is what there is to tell
  }
  table_.forget_lost(
      [&](Address base, const AllocatedBlock& block) {
        const auto region = map.region_at(base);
        const RegionType type = region ? region->type : RegionType::kNone;
        if (block.is_view && type == RegionType::kImage) {
          images.insert(base);
        }
        return block.is_view ? type == RegionType::kMapped || type == RegionType::kImage : type == RegionType::kPrivate;
      },
      now());
  return images;
}

void WatchedAllocations::look() {
  if (std::exchange(has_looked_, true) || !has_begun_) {
    return;
  }
  const std::set<Address> images = forget_lost();
  const auto namer = [this](AllocationPlace place) {
    const Place& where = places_.at(place);
    NamedAllocationPlace named = where.by->name(where.stack);
    named.function = where.call->function;
    return named;
  };
  AllocationGrouping grouping(table_, namer, static_cast<AllocationPlace>(places_.size()), now());
  for (const auto& [base, block] : table_.blocks()) {
    if (!images.contains(base)) {
      grouping.add(base, block);
      ++count_.live;
      count_.live_bytes += block.bytes();
    }
  }
  groups_ = grouping.take(options_.leak_limit);
  for (AllocationGroup& group : groups_) {
    group.pid = count_.pid;
    group.image = count_.image;
    group.summary = summarize_allocation(group);
  }
  for (const Place& place : places_) {
    place.by->symbolizer_.reset();
  }
}

void WatchedAllocations::report_to(AllocationHistory& history) {
  look();
  if (!has_begun_) {
    return;
  }
  count_.allocated = table_.allocated();
  count_.freed = table_.freed();
  count_.freed_unknown = table_.freed_unknown();
  count_.lost = table_.lost();
  std::move(groups_.begin(), groups_.end(), std::back_inserter(history.groups));
  history.processes.push_back(count_);
}

}  // namespace catcher
