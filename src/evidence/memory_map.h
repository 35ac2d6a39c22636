#pragma once

#include <catcher/address.h>

#include <cstdint>
#include <optional>
#include <string>

namespace catcher {

enum class RegionState { kFree, kReserved, kCommitted };
enum class RegionType { kNone, kPrivate, kMapped, kImage };

// A run of pages with the same attributes, as VirtualQueryEx sees it.
struct MemoryRegion {
  Address base;
  std::uint64_t size = 0;   // bytes
  Address allocation_base;  // of the whole allocation that the region belongs to; null for free memory
  RegionState state = RegionState::kFree;
  RegionType type = RegionType::kNone;
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool guard = false;
};

// What lies where in a debuggee's address space.
class MemoryMap {
 public:
  virtual ~MemoryMap() = default;

  // The region that holds `address`; nothing for addresses that no process can have (kernel half, non-canonical).
  virtual std::optional<MemoryRegion> region_at(Address address) const = 0;

  // The file that is mapped at `address`, its name as the OS gives it; empty where none is.
  virtual std::string mapped_file(Address address) const = 0;
};

// The address space of a live process. `process` is a HANDLE with PROCESS_QUERY_INFORMATION | PROCESS_VM_READ; it stays
// the caller's and must outlive the map.
class ProcessMemoryMap final : public MemoryMap {
 public:
  explicit ProcessMemoryMap(void* process) : process_(process) {}

  std::optional<MemoryRegion> region_at(Address address) const override;
  std::string mapped_file(Address address) const override;

 private:
  void* process_;  // not owned
};

}  // namespace catcher
