#pragma once

#include "debugger/memory_reader.h"
#include "debugger/module.h"
#include "evidence/image_cache.h"
#include "evidence/registers.h"
#include "evidence/unwind.h"
#include "evidence/unwind_dbghelp.h"

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace catcher {

// The registers that lead through a 32-bit stack.
struct RegisterContextX86 {
  std::uint32_t eip = 0;
  std::uint32_t esp = 0;
  std::uint32_t ebp = 0;
};

RegisterContextX86 register_context_x86(const Registers& registers);

// Unwinds 32-bit stacks: through StackWalk64 of the system's dbghelp, which knows frames without a frame pointer as far
// as symbols describe them, else along the chain of ebp; where that breaks off, by scan. Whatever is on the stack, a
// walk ends and its frames rise. One serves all threads of a process that stands still.
class UnwinderX86 {
 public:
  // `cache` and `modules` must outlive the unwinder and stay as they are. `symbol_path` is where dbghelp may look for
  // PDB files (directories, separated by semicolons); empty: next to each module only. Paths recorded in an image are
  // never followed.
  UnwinderX86(ImageCache& cache, const std::vector<Module>& modules, std::wstring symbol_path = {});

  // The stack of a stopped thread: at most `limit` frames.
  UnwoundStack walk(const RegisterContextX86& context, StackBounds bounds, std::size_t limit = kMaxUnwoundFrames);

  // The same along the chain of ebp only, without dbghelp.
  UnwoundStack walk_frame_pointers(const RegisterContextX86& context, StackBounds bounds,
                                   std::size_t limit = kMaxUnwoundFrames);

 private:
  DbghelpStackWalker* walker();

  ImageCache& cache_;
  const std::vector<Module>& modules_;
  std::wstring symbol_path_;
  std::unique_ptr<DbghelpStackWalker> walker_;  // opened by the first walk; serves all of them
  bool walker_wanted_ = true;                   // false once the system has turned out to have none
};

}  // namespace catcher
