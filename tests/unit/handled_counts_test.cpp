#include "monitors/handled_counts.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

std::uint64_t sum(const HandledCounts& counts) {
  std::uint64_t result = 0;
  for (const HandledException& entry : counts.list()) {
    result += entry.count;
  }
  return result;
}

TEST(HandledCounts, are_kept_by_code_with_the_codes_name) {
  HandledCounts counts;
  counts.add(0xC0000005);
  counts.add(0xE0000001);
  counts.add(0xC0000005);
  const auto list = counts.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].code, 0xC0000005U);
  EXPECT_EQ(list[0].name, "EXCEPTION_ACCESS_VIOLATION");
  EXPECT_EQ(list[0].count, 2U);
}

TEST(HandledCounts, do_not_grow_with_what_a_program_makes_up) {
  HandledCounts counts;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    counts.add(0xE0000000 + i);
  }
  counts.add(0xE0000000);
  const auto list = counts.list();
  EXPECT_EQ(list.size(), HandledCounts::kMostCodes + 1);
  EXPECT_EQ(list.front().count, 2U);
  EXPECT_EQ(list.back().code, 0U);
  EXPECT_EQ(sum(counts), 100'001U);
}

TEST(HandledCounts, what_was_not_handled_is_taken_back) {
  HandledCounts counts;
  counts.add(0xC0000005);
  counts.add(0xC0000005);
  counts.discount(0xC0000005, 1);
  EXPECT_EQ(sum(counts), 1U);
  counts.discount(0xC0000005, 5);
  EXPECT_TRUE(counts.list().empty());
  counts.discount(0xC0000005, 1);
  EXPECT_TRUE(counts.list().empty());
}

}  // namespace
}  // namespace catcher
