#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "report/text_report.h"

namespace catcher {

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// Whether two stacks stand in the same places.
bool same_stack(const Stack& a, const Stack& b);

// The lines of one stack, indented, recursion folded with its count; at most about `max_lines`. With `show_source` the
// source line of the innermost frame that has one stands under it.
std::string stack_text(const Stack& stack, const TextOptions& options, std::size_t max_lines, bool show_source);

// The innermost named functions in one line: "NtWaitForSingleObject <- WaitForSingleObjectEx <- worker()".
std::string stack_in_one_line(const Stack& stack, std::size_t max_functions);

// Threads with the same stack and state.
struct ThreadGroup {
  std::vector<const ThreadRecord*> threads;  // at least one; not owned
};

// The threads but the one with `except_tid`, grouped, in the order of the first of each group.
std::vector<ThreadGroup> group_threads(const std::vector<ThreadRecord>& threads, std::uint32_t except_tid);

// "thread 268 \"worker\"", "12 threads (268, 272, …)", with the state where there is one.
std::string group_title(const ThreadGroup& group, bool full);

}  // namespace catcher
