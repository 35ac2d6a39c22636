#pragma once

#include "debugger/memory_reader.h"
#include "debugger/module.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// dbghelp may be called by one thread at a time, in the whole process: whoever calls it holds this. The only state that
// all sessions of a parallel sweep share, because the system's library is shared.
std::recursive_mutex& dbghelp_mutex();

// Where a 32-bit walk stands.
struct DbghelpFrame {
  std::uint32_t pc = 0;
  std::uint32_t sp = 0;
  std::uint32_t frame = 0;
  bool has_data = false;  // described by FPO data of the module's symbols, not only by ebp
};

// StackWalk64 of the system's dbghelp for one 32-bit debuggee whose memory is read through a MemoryReader, not through
// a handle. Opening one is dear (dbghelp looks at symbols): one serves all threads of a process that stands still.
class DbghelpStackWalker {
 public:
  // Nothing when the system has no usable dbghelp. `memory` and `modules` must outlive the walker. dbghelp looks for
  // PDB files beside the modules and in `symbol_path`, nowhere else.
  static std::unique_ptr<DbghelpStackWalker> create(const MemoryReader& memory, const std::vector<Module>& modules,
                                                    const std::wstring& symbol_path);

  virtual ~DbghelpStackWalker() = default;

  // Starts a walk at these registers; the one before is over.
  virtual void start(std::uint32_t eip, std::uint32_t esp, std::uint32_t ebp) = 0;

  // The next frame, first the one that the walk was started at; nothing at the end. Whether a frame can be is for the
  // caller to judge.
  virtual std::optional<DbghelpFrame> next() = 0;
};

}  // namespace catcher
