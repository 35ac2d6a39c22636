#pragma once

#include <catcher/address.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "evidence/memory_map.h"
#include "evidence/registers.h"
#include "evidence/thread_stack.h"

namespace catcher {

// What is known about a stopped process when an address in it is described. Refers to values of the caller.
struct AddressSpace {
  const MemoryReader& memory;
  const MemoryMap& map;
  std::span<const Module> modules;
  std::span<const ThreadStack> stacks;
  bool is_64_bit = true;
};

// What lies at an address, in words: "null page", "4 bytes below the stack of thread 268 (guard page)",
// "app.exe+0x1530, section .text (read, execute)", "heap memory (read, write)", "free memory; looks like 0xFEEEFEEE,
// the fill of freed heap memory".
std::string describe_address(Address address, const AddressSpace& space);

// The well-known fill pattern that a value was read from, give or take a small offset: "0xFEEEFEEE, the fill of memory
// that HeapFree freed".
std::optional<std::string> describe_fill(std::uint64_t value, bool is_64_bit);

// One line for each register that holds a fill pattern: "rax = 0xfeeefeeefeeefeee: …".
std::vector<std::string> describe_filled_registers(const Registers& registers);

}  // namespace catcher
