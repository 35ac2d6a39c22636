#pragma once

#include "debugger/module.h"
#include "evidence/image_cache.h"
#include "evidence/image_map.h"
#include "evidence/registers.h"
#include "evidence/unwind_context.h"

#include <catcher/address.h>
#include <catcher/run_report.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace catcher {

// One frame of a stack, before anybody gave it a name.
struct UnwoundFrame {
  Address pc;
  Address sp;                                     // the stack pointer in this frame
  FrameSource source = FrameSource::kUnwindData;  // how the frame was found
  bool is_exact =
      false;  // pc is where execution was interrupted; otherwise a return address: look names and lines up at pc - 1
};

// A whole stack, innermost frame first.
struct UnwoundStack {
  std::vector<UnwoundFrame> frames;
  std::uint64_t frames_total = 0;
  // Why the stack ends before the thread's first frame, or why frames from some point on are guesses (their source says
  // which); empty when it is whole.
  std::string end_reason;
};

// No stack is followed further than this.
inline constexpr std::size_t kMaxUnwoundFrames = 100'000;

// The general registers and rip of a 64-bit thread.
RegisterContext register_context(const Registers& registers);

// Unwinds 64-bit stacks by the images' .pdata, read from the debuggee's memory. Nothing there is believed: whatever
// image and stack hold, a walk ends, with the stack pointer rising from frame to frame, and costs a bounded amount of
// reading.
class Unwinder {
 public:
  // `cache` and `modules` must outlive the unwinder and stay as they are: no drop() meanwhile. `is_executable` (for
  // instance by VirtualQueryEx) makes the difference between code that is generated at run time and data; it may be
  // empty.
  Unwinder(ImageCache& cache, const std::vector<Module>& modules, ExecutableQuery is_executable = {});

  // The stack of a stopped thread: at most `limit` frames.
  UnwoundStack walk(const RegisterContext& context, StackBounds bounds, std::size_t limit = kMaxUnwoundFrames);

 private:
  ImageMap map_;
};

}  // namespace catcher
