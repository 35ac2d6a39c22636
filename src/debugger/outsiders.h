#pragma once

#include "debugger/process_tree.h"
#include "win32/unique_handle.h"

#include <cstdint>
#include <span>
#include <vector>

namespace catcher {

// The processes of a tree that send their debug events to somebody else, as the debuggees of a debugger in the tree do:
// its job shows them to whoever looks while they live.
class Outsiders {
 public:
  // Remembers those of `pids`, the living processes of the job, that the tree has never heard of.
  void look(std::span<const std::uint32_t> pids, const ProcessTree& tree);

  // It is none: its first event was only on its way.
  void forget(std::uint32_t pid);

  // Those that live are about to be killed by catcher.
  void note_kill() noexcept;

  // All of them, with their ends as far as they have come; in order of creation.
  std::vector<Process> take();

 private:
  struct Outsider {
    Process process;      // without a handle: it is not alive to the tree
    UniqueHandle handle;  // SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION
  };
  std::vector<Outsider> known_;
};

}  // namespace catcher
