#pragma once

#include "debugger/memory_reader.h"

#include <windows.h>

#include <cstdint>
#include <map>

namespace catcher {

// The memory of one debuggee. Breakpoints that catcher itself has set are hidden: a reader sees the debuggee's own
// bytes.
class ProcessMemory final : public MemoryReader {
 public:
  // `process` stays the caller's; it needs PROCESS_VM_READ and, for write(), PROCESS_VM_WRITE and PROCESS_VM_OPERATION.
  explicit ProcessMemory(HANDLE process) noexcept : process_(process) {}

  std::size_t read(Address from, std::span<std::byte> into) const noexcept override;

  // Writes one byte of code, whatever the protection of its page. False when the OS refuses.
  bool write_code(Address at, std::byte value) noexcept { return write_code(at, std::span(&value, 1)); }
  // The same for a run of code, in one piece.
  bool write_code(Address at, std::span<const std::byte> code) noexcept;

  // From now on `at` reads as `original`, until reveal().
  void mask(Address at, std::byte original) { masked_[at] = original; }
  void reveal(Address at) noexcept { masked_.erase(at); }

 private:
  std::size_t read_raw(Address from, std::span<std::byte> into) const noexcept;

  HANDLE process_;  // not ours to close: the owner of the process model's handle is the OS (debug event)
  std::map<Address, std::byte> masked_;
};

}  // namespace catcher
