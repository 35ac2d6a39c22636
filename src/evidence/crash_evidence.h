#pragma once

#include "debugger/process_tree.h"
#include "evidence/minidump_file.h"
#include "evidence/symbol_cache.h"

#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// What is gathered at a crash, and what that may cost.
struct EvidenceOptions {
  std::string dump_directory;  // UTF-8; empty: no minidump
  MinidumpType dump_type = MinidumpType::kSmall;
  std::chrono::milliseconds time{5'000};               // for the stacks of the other threads
  std::function<bool(const Crash& crash)> wants_dump;  // asked before each minidump; empty: always
};

// A C++ exception that was thrown and may be the one that led to abort(): where it is, to be decoded when that happens.
struct LastThrow {
  std::uint32_t code = 0;
  std::vector<std::uint64_t> parameters;
};

// Looks at a process that has just crashed and still stands, and adds to the crash everything that a person needs to
// mend the bug: stacks with names, registers, the faulting instruction, what lies at the address, the C++ exception,
// modules, bucket, severity, a minidump.
class CrashEvidence {
 public:
  // `symbols` must outlive it.
  CrashEvidence(SymbolCache& symbols, EvidenceOptions options) : symbols_(symbols), options_(std::move(options)) {}

  // `crash` has its process, thread and exception already. What cannot be had becomes a note: the crash itself is never
  // lost.
  void add_to(Crash& crash, Process& process, const std::optional<LastThrow>& last_throw) const noexcept;

  // The stack of one thread that stands still.
  Stack stack_of(Process& process, std::uint32_t tid) const noexcept;

 private:
  void gather(Crash& crash, Process& process, const std::optional<LastThrow>& last_throw) const;

  SymbolCache& symbols_;
  EvidenceOptions options_;
};

}  // namespace catcher
