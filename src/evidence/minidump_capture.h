#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "evidence/memory_map.h"
#include "evidence/minidump.h"
#include "evidence/registers.h"

namespace catcher {

// One thread of a stopped process, as a minidump wants it.
struct DumpedThread {
  std::uint32_t tid = 0;
  std::string name;
  Address teb;                         // null: not known
  std::optional<Registers> registers;  // nothing: they could not be read; the thread is listed without a stack
};

// A stopped process to make a minidump of. Refers to values of the caller.
struct DumpedProcess {
  void* process = nullptr;  // HANDLE with PROCESS_QUERY_INFORMATION; stays the caller's. Null: no times
  std::uint32_t pid = 0;
  bool is_64_bit = true;
  const MemoryReader& memory;
  std::span<const Module> modules;
  std::span<const DumpedThread> threads;
  std::uint32_t crashed_tid = 0;           // 0: no thread is to blame
  std::optional<ExceptionInfo> exception;  // of the crashed thread
  std::string comment;                     // for a person who opens the dump
};

// Gathers what a small minidump holds: system, process, threads with their stacks, modules with their CodeView records,
// memory around the registers. Bounded: a stack gives at most 256 KiB, all together 4 MiB.
MinidumpContents capture_minidump(const DumpedProcess& dumped);

// Every committed and readable region of a process, for a full minidump. At most `limit` regions.
std::vector<MemoryRange> readable_ranges(const MemoryMap& map, std::size_t limit = 1'000'000);

}  // namespace catcher
