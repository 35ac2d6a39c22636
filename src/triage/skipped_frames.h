#pragma once

#include <span>
#include <string_view>

namespace catcher {

// A frame that says nothing about which bug it is: the runtime's way from the fault to the debugger, or from the system
// to main().
struct SkippedFrame {
  std::string_view module;    // as canonical_module() gives it; * stands for anything
  std::string_view function;  // as canonical_function() gives it; * stands for anything
  std::string_view why;       // for docs/buckets.md
};

// The whole table.
std::span<const SkippedFrame> skipped_frames();

// True when a frame does not count in buckets. Both names are canonical; case does not matter.
bool is_skipped_frame(std::string_view module, std::string_view function);

// True when the pattern, in which * stands for any run of characters, is the whole text; ASCII case does not matter.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace catcher
