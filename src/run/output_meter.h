#pragma once

#include "win32/unique_handle.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace catcher {

// Counts what a target writes, on whatever stream, and says when it was too much. For several threads.
class OutputMeter {
 public:
  // Throws std::system_error when there is no event to be had.
  explicit OutputMeter(std::optional<std::uint64_t> limit);

  // Counts `bytes` more and returns how many of them still lie within the limit.
  std::size_t add(std::size_t bytes) noexcept;

  // In all, beyond the limit too.
  std::uint64_t bytes() const noexcept { return bytes_.load(); }

  // A manual-reset event that is set once the limit has been passed; ours.
  HANDLE limit_passed() const noexcept { return passed_.get(); }
  bool is_limit_passed() const noexcept { return limit_ && bytes() > *limit_; }

 private:
  std::optional<std::uint64_t> limit_;
  std::atomic<std::uint64_t> bytes_ = 0;
  UniqueHandle passed_;
};

}  // namespace catcher
