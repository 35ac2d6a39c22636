#pragma once

#include "evidence/image_map.h"
#include "evidence/unwind_context.h"
#include "evidence/unwind_info.h"
#include "evidence/unwind_stack.h"

#include <variant>

namespace catcher {

// The caller of a frame.
struct UnwindStep {
  RegisterContext caller;
  bool is_interrupted = false;  // caller's rip is where it was interrupted (a machine frame), not a return address
};

// One step by the image's unwind data, as the OS takes it. `is_exact`: context.rip is the next instruction to execute,
// not a return address. Nothing is believed about the result: whether it is plausible is the caller's to say.
std::variant<UnwindStep, UnwindDefect> unwind_by_data(const RegisterContext& context, bool is_exact, Image& image,
                                                      ImageMap& map, StackReader& stack);

}  // namespace catcher
