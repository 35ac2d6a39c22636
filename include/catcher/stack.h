#pragma once

#include <catcher/address.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace catcher {

/// How a stack frame was found, from the most to the least trustworthy.
enum class FrameSource { kContext, kUnwindData, kReturnPop, kFramePointer, kScan, kInline };

/// One frame of a stack, innermost first. What is not known is empty or zero.
struct Frame {
  Address pc;                                     ///< instruction pointer, or the return address for outer frames
  std::string module;                             ///< file name of the module, as on disk; empty: in no module
  std::uint64_t offset = 0;                       ///< pc relative to the module's base
  std::string function;                           ///< readable (demangled) name
  std::uint64_t function_offset = 0;              ///< pc relative to the function's start
  std::string file;                               ///< source file as the debug information names it
  std::uint32_t line = 0;                         ///< 1-based
  bool is_inline = false;                         ///< the function was inlined into the next outer frame
  bool in_bucket = false;                         ///< counted in the bucket
  FrameSource source = FrameSource::kUnwindData;  ///< how the frame was found
};

/// The stack of one thread.
struct Stack {
  static constexpr std::size_t kHead = 200;  ///< of a deeper stack the innermost kHead frames are kept
  static constexpr std::size_t kTail = 56;   ///< and the outermost kTail

  std::vector<Frame> frames;       ///< at most kHead + kTail, innermost first
  std::uint64_t frames_total = 0;  ///< how many there were
  std::string end_reason;          ///< why unwinding ended before the thread's start; empty when it did not
};

}  // namespace catcher
