#include "debugger/process_usage.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

constexpr std::uint64_t kMega = 1U << 20U;

Process own_process() {
  Process process;
  process.handle = GetCurrentProcess();  // a pseudo handle: nothing to close
  return process;
}

TEST(CommittedMemory, counts_what_was_committed_and_never_touched) {
  const Process process = own_process();
  const std::uint64_t before = committed_memory(process);
  void* const block = VirtualAlloc(nullptr, 200 * kMega, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  ASSERT_NE(block, nullptr);
  const std::uint64_t during = committed_memory(process);
  VirtualFree(block, 0, MEM_RELEASE);
  EXPECT_GE(during, before + 190 * kMega);
  EXPECT_LE(committed_memory(process), before + 10 * kMega);
}

TEST(CommittedMemory, does_not_count_what_is_only_reserved) {
  const Process process = own_process();
  const std::uint64_t before = committed_memory(process);
  void* const block = VirtualAlloc(nullptr, 200 * kMega, MEM_RESERVE, PAGE_READWRITE);
  ASSERT_NE(block, nullptr);
  EXPECT_LE(committed_memory(process), before + 10 * kMega);
  VirtualFree(block, 0, MEM_RELEASE);
}

TEST(CommittedMemory, of_a_process_that_has_ended_is_none) {
  EXPECT_EQ(committed_memory(Process{}), 0U);
}

}  // namespace
}  // namespace catcher
