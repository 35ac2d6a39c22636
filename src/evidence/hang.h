#pragma once

#include <catcher/address.h>
#include <catcher/run_report.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "debugger/memory_reader.h"
#include "evidence/registers.h"

namespace catcher {

// One thread of a tree that was stopped at a timeout, with what was measured while it still ran.
struct HungThread {
  std::uint32_t tid = 0;
  std::string name;
  Stack stack;                         // with names
  std::optional<Registers> registers;  // nothing: they could not be read
  double cpu_share = 0;       // of one processor, over the sampling window, at most 1; 0 where the OS did not tell
  bool is_suspended = false;  // by somebody else than catcher
};

// A dialog window that a process shows.
struct ShownDialog {
  std::uint32_t tid = 0;
  std::string title;
  std::string text;
};

struct HungProcess {
  std::uint32_t pid = 0;
  std::string image;  // file name
  bool is_64_bit = true;
  const MemoryReader* memory = nullptr;  // not owned; never null
  Address loader_lock;                   // the critical section that the PEB names; null: not known
  std::vector<HungThread> threads;       // the first is the process's first thread
  std::vector<ShownDialog> dialogs;
};

// Says what each thread is doing and why the tree did not come to an end. The cause is one of, the first that holds:
// deadlock (threads wait for each other's critical sections), loader (a thread waits while it loads, initialises or
// unloads a DLL, or for the loader lock), dialog (a window waits for somebody to click), busy (a thread burns CPU),
// lock (a thread waits for a critical section whose owner does something else), idle (everything waits). Pure but for
// reads through the MemoryReaders.
Hang classify_hang(std::span<const HungProcess> processes);

}  // namespace catcher
