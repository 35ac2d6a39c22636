#pragma once

#include <catcher/address.h>
#include <catcher/stack.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

/// What address space was taken for.
enum class AllocationKind {
  kVirtual,     ///< VirtualAlloc and its relatives
  kHeapBlock,   ///< by a heap, for one block so big that it has address space of its own
  kHeapGrowth,  ///< by a heap, for small blocks: where it was when it had to grow, which need not be where it leaks
  kMappedView   ///< MapViewOfFile and its relatives
};

/// Blocks of about one size.
struct AllocationSizes {
  std::uint64_t smallest = 0;  ///< bytes
  std::uint64_t largest = 0;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// How much was there at one moment.
struct AllocationSample {
  std::chrono::milliseconds time{};  ///< since the start of the run
  std::uint64_t bytes = 0;
};

/// Blocks that were allocated by one path through the program, and were there at the end.
struct AllocationGroup {
  std::uint32_t pid = 0;
  std::string image;  ///< file name of the process's program
  AllocationKind kind = AllocationKind::kVirtual;
  std::string summary;                   ///< one line
  bool is_defect = false;                ///< more bytes than was allowed
  std::uint64_t count = 0;               ///< blocks; steps, where a heap grew
  std::uint64_t bytes = 0;               ///< committed, of all of them; of a view its size
  std::uint64_t reserved = 0;            ///< address space that they take
  std::uint64_t allocated = 0;           ///< blocks that ever came from here
  std::uint64_t freed = 0;               ///< of these
  std::chrono::milliseconds first{};     ///< when the oldest of those that are left was allocated
  std::chrono::milliseconds last{};      ///< and the youngest
  bool grows = false;                    ///< more and more until the end, and never less
  std::vector<AllocationSizes> sizes;    ///< most bytes first
  std::vector<AllocationSample> growth;  ///< how many bytes were there, in equal steps from `first` to the end
  Address example;                       ///< one of them
  std::string function;                  ///< the system call: "NtAllocateVirtualMemory"
  Stack stack;                           ///< of that one
  std::size_t own_frame = 0;      ///< first frame that is the program's own; at least frames.size(): there is none
  std::vector<std::string> path;  ///< the program's own functions on it, innermost first: "halcon.dll!HXmalloc"
};

/// What was seen of the allocations of one process.
struct AllocationCount {
  std::uint32_t pid = 0;
  std::string image;
  std::uint64_t hits = 0;       ///< system calls seen, their ends counted too
  std::uint64_t allocated = 0;  ///< blocks
  std::uint64_t freed = 0;
  std::uint64_t freed_unknown = 0;                   ///< calls that gave back what nobody was seen to allocate
  std::uint64_t lost = 0;                            ///< blocks that went without a call that was seen
  std::uint64_t live = 0;                            ///< blocks at the end
  std::uint64_t live_bytes = 0;                      ///< committed, of these
  std::optional<std::chrono::milliseconds> begins;   ///< what was there before is not known; none: seen from the start
  std::optional<std::chrono::milliseconds> stopped;  ///< from then on nothing was seen: too many calls
};

/// Who allocated the address space of the tree's processes that was never given back: `--memory=trace`.
struct AllocationHistory {
  std::vector<AllocationGroup> groups;     ///< most bytes first
  std::vector<AllocationCount> processes;  ///< that were watched
};

}  // namespace catcher
