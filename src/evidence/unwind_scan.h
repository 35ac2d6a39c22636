#pragma once

#include "evidence/image_map.h"
#include "evidence/unwind_context.h"
#include "evidence/unwind_stack.h"

#include <cstddef>
#include <optional>

namespace catcher {

// Guesses a frame's caller where unwind data does not tell it. Every guess is a value on the stack that a call
// instruction would have left there; all of them together are bounded.
class CallerSearch {
 public:
  CallerSearch(ImageMap& map, StackReader& stack) : map_(map), stack_(stack) {}

  // The return address on top of the stack: a leaf function, or a call that led nowhere.
  std::optional<RegisterContext> by_return_address(const RegisterContext& context);

  // The caller of MinGW's and LLVM's stack probe, which has no unwind data although it pushes: it is where big frames
  // overflow.
  std::optional<RegisterContext> by_stack_probe(const RegisterContext& context);

  // The caller by rbp, as code keeps it that is generated at run time.
  std::optional<RegisterContext> by_frame_pointer(const RegisterContext& context);

  // The next value up the stack that is a return address in an image; one from whose frame unwind data leads on is
  // preferred.
  std::optional<RegisterContext> by_scan(const RegisterContext& context);

 private:
  bool leads_on(const RegisterContext& candidate);
  std::optional<RegisterContext> return_at(const RegisterContext& context, Address slot);

  ImageMap& map_;
  StackReader& stack_;
  std::size_t slots_scanned_ = 0;
};

}  // namespace catcher
