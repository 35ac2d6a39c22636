#pragma once

#include <catcher/address.h>
#include <catcher/allocation_history.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

/// When a process was looked at.
enum class MemoryMoment {
  kExit,         ///< it was about to end by itself, with its memory still there
  kCrash,        ///< it had crashed
  kTimeout,      ///< the tree's time was over
  kLimit,        ///< the tree used too much of something
  kInterrupted,  ///< somebody stopped catcher
  kKilled,       ///< catcher was about to kill it: the rest of a tree whose root had ended, or had crashed
  kLook          ///< it runs on: catcher was attached only to look, or let it go
};

/// All regions of an address space that have one thing in common.
struct MemoryShare {
  /// In the words of `!address -summary`: "Heap", "Image", "<unknown>", "Free"; "MEM_COMMIT"; "PAGE_READWRITE".
  std::string name;
  std::uint64_t regions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t committed = 0;  ///< bytes, of `bytes`
  std::uint64_t largest = 0;    ///< the biggest region, bytes
  Address largest_at;
};

/// What an address space is full of. Every list has the largest share first.
struct AddressSummary {
  std::vector<MemoryShare> uses;         ///< Heap, Image, Stack, Mapped file, TEB, PEB, <unknown>, Free
  std::vector<MemoryShare> types;        ///< MEM_PRIVATE, MEM_IMAGE, MEM_MAPPED
  std::vector<MemoryShare> states;       ///< MEM_FREE, MEM_RESERVE, MEM_COMMIT
  std::vector<MemoryShare> protections;  ///< of what is committed: PAGE_READWRITE, PAGE_READWRITE|PAGE_GUARD, …
  std::uint64_t regions = 0;             ///< that are not free
  std::uint64_t total = 0;               ///< bytes that the process can address at all
  std::uint64_t committed = 0;           ///< bytes
  std::uint64_t reserved = 0;            ///< bytes, without what is committed
  std::uint64_t free = 0;                ///< bytes
  std::uint64_t largest_free = 0;        ///< bytes: the biggest single allocation that could still succeed
  Address largest_free_at;
  bool is_complete = true;  ///< false: there were more regions than are looked at

  std::uint64_t busy() const { return committed + reserved; }
  /// How much of the free memory lies outside its largest piece: 0 is one piece, nearly 1 is crumbs.
  double fragmentation() const {
    return free == 0 ? 0.0 : 1.0 - static_cast<double>(largest_free) / static_cast<double>(free);
  }
};

/// One image or file that is mapped into a process.
struct MappedSize {
  std::string name;         ///< file name of an image; for a data file the path, as the OS gives it
  std::uint64_t views = 1;  ///< how often it is mapped
  std::uint64_t bytes = 0;
  Address base;  ///< of the biggest
};

/// How much of its stack one thread uses. Bytes.
struct ThreadStackSize {
  std::uint32_t tid = 0;
  std::string name;             ///< of the thread; may be empty
  std::uint64_t reserved = 0;   ///< in all
  std::uint64_t committed = 0;  ///< how deep it ever was
  std::uint64_t used = 0;       ///< how deep it is now; 0: nobody could tell
};

/// What a heap was recognised as.
enum class HeapKind { kNt, kSegment, kUnknown };

/// Big blocks of one size.
struct HeapBlocks {
  std::uint64_t size = 0;  ///< of each: what its owner asked for, where the heap tells, else what it takes
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  ///< address space of all of them
};

/// One heap.
struct HeapSize {
  Address base;
  HeapKind kind = HeapKind::kUnknown;
  bool is_process_heap = false;       ///< what GetProcessHeap returns
  std::uint64_t reserved = 0;         ///< bytes of address space, without the big blocks
  std::uint64_t committed = 0;        ///< bytes, without the big blocks
  std::uint64_t segments = 0;         ///< pieces of address space that it has for small blocks
  std::uint64_t big_blocks = 0;       ///< blocks so big that each has address space of its own
  std::uint64_t big_bytes = 0;        ///< bytes of that
  std::vector<HeapBlocks> big_sizes;  ///< those that take most first; at most a few
  std::string note;                   ///< what could not be told; may be empty
};

/// The memory of one process at one moment.
struct MemorySnapshot {
  MemoryMoment moment = MemoryMoment::kExit;
  std::chrono::milliseconds time{};  ///< since the start of the run
  std::chrono::microseconds cost{};  ///< how long the process was held for it
  std::string headline;              ///< the answer, one line: "Heap 92.9 % of 2.98 GB: 189 blocks of …"
  AddressSummary space;
  std::vector<HeapSize> heaps;          ///< largest first
  std::vector<MappedSize> images;       ///< largest first
  std::vector<MappedSize> files;        ///< the biggest
  std::vector<ThreadStackSize> stacks;  ///< those that use most first; at most a few
  std::uint64_t stack_count = 0;        ///< threads in all
};

/// What was seen of one process's memory.
struct ProcessMemoryReport {
  std::uint32_t pid = 0;
  std::string image;  ///< file name of its program
  int bits = 64;
  std::uint64_t peak = 0;                  ///< the most that it had committed, bytes; 0: never measured
  std::optional<MemorySnapshot> snapshot;  ///< none: see `problem`
  std::string problem;                     ///< why there is no snapshot: "it was killed from outside …"; may be empty
};

/// How much memory a tree had at one moment.
struct MemorySample {
  std::chrono::milliseconds time{};  ///< since the start of the run
  std::uint64_t committed = 0;       ///< bytes, of all its processes together
};

/// Where the memory of the tree went.
struct MemoryReport {
  std::vector<ProcessMemoryReport> processes;    ///< in the order of RunReport::processes
  std::vector<MemorySample> timeline;            ///< in order of time; thinned out evenly when the run is long
  std::optional<AllocationHistory> allocations;  ///< nothing when they were not traced
};

}  // namespace catcher
