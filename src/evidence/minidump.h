#pragma once

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace catcher {

// A piece of a debuggee's memory.
struct MemoryBytes {
  Address start;
  std::vector<std::byte> bytes;
};

// A piece of a debuggee's memory whose bytes are still there.
struct MemoryRange {
  Address start;
  std::uint64_t size = 0;

  Address end() const { return start + size; }
  friend bool operator==(const MemoryRange&, const MemoryRange&) = default;
};

// What a minidump says, before it is bytes. Field by field the structures of minidumpapiset.h:
// https://learn.microsoft.com/windows/win32/api/minidumpapiset/
struct MinidumpContents {
  struct System {
    bool is_64_bit = true;  // of the debuggee: AMD64 or i386
    std::uint16_t processor_level = 0;
    std::uint16_t processor_revision = 0;
    std::uint8_t processors = 1;
    std::uint8_t product_type = 1;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t build = 0;
    std::string service_pack;
  };
  struct Process {
    std::uint32_t pid = 0;
    std::uint32_t created = 0;      // seconds since 1970
    std::uint32_t user_time = 0;    // seconds
    std::uint32_t kernel_time = 0;  // seconds
  };
  struct Thread {
    std::uint32_t tid = 0;
    std::string name;
    Address teb;
    std::vector<std::byte> context;
    MemoryBytes stack;
  };
  struct Module {
    Address base;
    std::uint32_t size = 0;
    std::uint32_t checksum = 0;
    std::uint32_t timestamp = 0;
    std::string path;
    std::vector<std::byte> codeview;  // the image's own record, RSDS…; may be empty
  };
  struct Exception {
    std::uint32_t tid = 0;
    std::uint32_t code = 0;
    std::uint32_t flags = 0;
    Address address;
    std::vector<std::uint64_t> parameters;
    std::vector<std::byte> context;
  };

  std::uint32_t timestamp = 0;  // seconds since 1970
  System system;
  Process process;
  std::vector<Thread> threads;
  std::vector<Module> modules;
  std::optional<Exception> exception;
  std::vector<MemoryBytes> memory;  // beside the stacks, which are listed by themselves
  std::string comment;
};

// The bytes of a minidump. With `full` the dump has a Memory64List of those ranges, whose bytes the caller must write
// straight behind, in the same order; `memory` is then left out. Pure: no process, no file.
std::vector<std::byte> serialise_minidump(const MinidumpContents& contents, std::span<const MemoryRange> full = {});

// Ranges in order, overlapping and touching ones joined, without what lies in `except`.
std::vector<MemoryRange> merge_ranges(std::vector<MemoryRange> ranges, std::span<const MemoryRange> except = {});

}  // namespace catcher
