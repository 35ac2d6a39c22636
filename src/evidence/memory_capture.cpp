#include "evidence/memory_capture.h"

#include <windows.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "evidence/address_summary.h"
#include "evidence/heap_walk.h"
#include "evidence/memory_map.h"
#include "evidence/registers.h"
#include "evidence/thread_name.h"
#include "evidence/thread_stack.h"
#include "triage/path_name.h"
#include "win32/patient_calls.h"

namespace catcher {
namespace {

constexpr std::size_t kMostStacks = 1000;  // that are looked at
constexpr std::chrono::seconds kTimeForRegisters{1};
constexpr std::size_t kShownStacks = 16;     // that are kept
constexpr std::size_t kMostFiles = 16;       // that are kept
constexpr std::size_t kMostFileNames = 512;  // that are asked for, one system call each

// winnt.h, IMAGE_FILE_LARGE_ADDRESS_AWARE; Characteristics lies 0x16 behind the signature "PE".
constexpr std::uint16_t kLargeAddressAware = 0x20;

// Where the address space of a process ends; no question above it is answered.
Address end_of_user_space(const Process& process) {
  if (process.state.bits == 64) {
    return {0x8000'0000'0000};
  }
  const auto headers = read_value<std::uint32_t>(process.memory, process.image_base + 0x3C).value_or(0);
  const auto flags = read_value<std::uint16_t>(process.memory, process.image_base + headers + 0x16).value_or(0);
  return {(flags & kLargeAddressAware) != 0 ? 0x1'0000'0000U : 0x8000'0000U};
}

// A system that asks the process itself for its map never answers when the thread that should is stuck.
AddressRegions list_regions_if_told(void* process, Address end) {
  constexpr std::chrono::seconds kLongest{30};  // hundreds of thousands of regions take their time
  auto regions = call_patiently<AddressRegions>(
      1, [process, end](std::size_t) { return std::optional(list_regions(process, end)); },
      {.deadline = std::chrono::steady_clock::now() + kLongest, .first = kLongest});
  return regions.front() ? std::move(*regions.front()) : AddressRegions{.runs = {}, .is_complete = false};
}

class MemoryLook {
 public:
  explicit MemoryLook(Process& process)
      : process_(process),
        is_64_bit_(process.state.bits == 64),
        map_(process.handle),
        regions_(list_regions_if_told(process.handle, end_of_user_space(process))),
        allocations_(regions_.runs) {}

  MemorySnapshot take() {
    look_at_threads();
    look_at_heaps();
    name_images();
    name_files();
    snapshot_.space = summarize(regions_, facts_);
    snapshot_.images = image_sizes(allocations_, facts_, kMostImages);
    snapshot_.files = file_sizes(allocations_, facts_, kMostFiles);
    return std::move(snapshot_);
  }

 private:
  static constexpr std::size_t kMostImages = 200;

  void look_at_threads() {
    facts_.pebs.push_back(process_.peb);
    snapshot_.stack_count = process_.threads.size();
    std::vector<const Thread*> threads;
    std::vector<ThreadToRead> handles;  // of the debug events: the OS closes them
    for (const auto& [tid, thread] : process_.threads) {
      if (threads.size() == kMostStacks) {
        break;
      }
      threads.push_back(&thread);
      handles.push_back({thread.handle, is_64_bit_});
    }
    const auto registers = capture_registers(std::move(handles), std::chrono::steady_clock::now() + kTimeForRegisters);
    for (std::size_t i = 0; i < threads.size(); ++i) {
      look_at_thread(*threads[i], registers[i] ? Address{registers[i]->sp()} : Address{});
    }
    std::sort(facts_.stacks.begin(), facts_.stacks.end());
    std::stable_sort(snapshot_.stacks.begin(), snapshot_.stacks.end(),
                     [](const ThreadStackSize& a, const ThreadStackSize& b) { return a.committed > b.committed; });
    snapshot_.stacks.resize(std::min(snapshot_.stacks.size(), kShownStacks));
  }

  void look_at_thread(const Thread& thread, Address sp) {
    const Address known = teb_of_thread(thread.handle);
    const Address teb = known ? known : thread.teb;
    facts_.tebs.push_back(teb);
    if (!is_64_bit_) {
      find_32_bit_blocks(teb);
    }
    const auto native = read_thread_stack(process_.memory, teb, thread.tid, true);
    if (native) {
      note_stack(*native);
    }
    const auto told = is_64_bit_ ? native : read_thread_stack(process_.memory, teb, thread.tid, false);
    const auto own = told ? told : stack_around(sp, thread.tid);
    if (!own) {
      return;
    }
    note_stack(*own);
    ThreadStackSize size;
    size.tid = thread.tid;
    size.name = thread.name.empty() ? thread_description(thread.handle) : thread.name;
    size.reserved = own->base - own->reserve;
    size.committed = own->base - own->limit;
    size.used = sp >= own->limit && sp < own->base ? own->base - sp : 0;
    snapshot_.stacks.push_back(std::move(size));
  }

  // Where the thread's own block does not tell of its stack: the memory that its stack pointer lies in.
  std::optional<ThreadStack> stack_around(Address sp, std::uint32_t tid) const {
    const Allocation* allocation = allocations_.find(sp);
    if (allocation == nullptr || allocation->type != RegionType::kPrivate) {
      return std::nullopt;
    }
    const Address end = allocation->base + allocation->size;
    return ThreadStack{tid, allocation->base, end - allocation->committed, end};
  }

  void find_32_bit_blocks(Address teb) {
    const Address teb32 = teb32_of(process_.memory, teb);
    facts_.tebs.push_back(teb32);
    constexpr std::uint64_t kPebInTeb32 = 0x30;
    const Address peb32{read_value<std::uint32_t>(process_.memory, teb32 + kPebInTeb32).value_or(0)};
    if (peb32 && facts_.pebs.size() == 1) {
      facts_.pebs.push_back(peb32);
    }
  }

  void note_stack(const ThreadStack& stack) {
    if (const Allocation* allocation = allocations_.find(stack.limit)) {
      facts_.stacks.push_back(allocation->base);
    }
  }

  void look_at_heaps() {
    const HeapRoots roots = read_heap_roots(process_.memory, facts_.pebs.back(), is_64_bit_);
    HeapFindings found = find_heaps(process_.memory, allocations_, roots, is_64_bit_);
    snapshot_.heaps = std::move(found.heaps);
    facts_.heaps = std::move(found.allocations);
  }

  void name_images() {
    describe_modules(process_);
    for (const Module& module : process_.modules) {
      facts_.modules[module.base] = module.name;
    }
    std::size_t left = kMostFileNames;
    for (const Allocation& allocation : allocations_.all()) {
      if (allocation.type == RegionType::kImage && !facts_.modules.contains(allocation.base) && left > 0) {
        --left;
        facts_.modules[allocation.base] = std::string(file_name_of(map_.mapped_file(allocation.base)));
      }
    }
  }

  void name_files() {
    std::vector<const Allocation*> mapped;
    for (const Allocation& allocation : allocations_.all()) {
      if (allocation.type == RegionType::kMapped) {
        mapped.push_back(&allocation);
      }
    }
    std::stable_sort(mapped.begin(), mapped.end(),
                     [](const Allocation* a, const Allocation* b) { return a->size > b->size; });
    mapped.resize(std::min(mapped.size(), kMostFileNames));
    for (const Allocation* allocation : mapped) {
      if (std::string name = map_.mapped_file(allocation->base); !name.empty()) {
        facts_.files[allocation->base] = std::move(name);
      }
    }
  }

  Process& process_;
  bool is_64_bit_;
  ProcessMemoryMap map_;
  AddressRegions regions_;
  Allocations allocations_;
  AddressFacts facts_;
  MemorySnapshot snapshot_;
};

}  // namespace

MemorySnapshot capture_memory(Process& process) {
  return MemoryLook(process).take();
}

}  // namespace catcher
