#pragma once

#include "evidence/image_map.h"
#include "evidence/unwind_context.h"
#include "evidence/unwind_info.h"
#include "evidence/unwind_stack.h"

#include <optional>

namespace catcher {

// A function that a thread was interrupted in. Without unwind data `info` is null.
struct InterruptedFunction {
  Image& image;
  RuntimeFunction function;  // {0, 0, 0} without unwind data
  const UnwindInfo* info = nullptr;
};

// The caller's registers when `context` stands in an epilogue: before a pop, a ret or a jump out of the function, with
// the prologue's work partly undone already, so that the unwind codes no longer hold. Nothing when it does not. The
// instructions that free the fixed part of the frame (add rsp, lea rsp) need no care: before them nothing is undone
// yet.
std::optional<RegisterContext> unwind_epilogue(const RegisterContext& context, const InterruptedFunction& where,
                                               ImageMap& map, StackReader& stack);

}  // namespace catcher
