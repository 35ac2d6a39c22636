#include "monitors/debug_strings.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

using namespace std::chrono_literals;

// Some moment long after the clock began.
constexpr DebugStrings::Clock::time_point kStart{1h};

TEST(DebugStrings, keep_the_order_in_which_they_were_said) {
  DebugStrings strings;
  strings.add(kStart, "one");
  strings.add(kStart + 1ms, "two");
  EXPECT_EQ(strings.recent(kStart + 2ms).lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(strings.recent(kStart + 2ms).dropped, 0U);
}

TEST(DebugStrings, older_than_a_second_are_not_recent) {
  DebugStrings strings;
  strings.add(kStart, "old");
  strings.add(kStart + 500ms, "young");
  EXPECT_EQ(strings.recent(kStart + 1500ms).lines, std::vector<std::string>{"young"});
  EXPECT_TRUE(strings.recent(kStart + 1501ms).lines.empty());
}

TEST(DebugStrings, only_the_last_are_kept_and_only_the_beginning_of_a_long_one) {
  DebugStrings strings;
  for (std::size_t i = 0; i < DebugStrings::kKept + 10; ++i) {
    strings.add(kStart, std::to_string(i));
  }
  strings.add(kStart, std::string(100'000, 'x'));
  const RecentDebugStrings recent = strings.recent(kStart);
  ASSERT_EQ(recent.lines.size(), DebugStrings::kKept);
  EXPECT_EQ(recent.lines.front(), "11");
  EXPECT_EQ(recent.lines.back().size(), DebugStrings::kLongest);
  EXPECT_EQ(recent.dropped, 0U) << "they were read, and gave way";
}

TEST(DebugStrings, count_what_was_dropped_behind_the_last_and_between) {
  DebugStrings strings;
  strings.add(kStart, "first");
  for (int i = 0; i < 7; ++i) {
    strings.drop(kStart);
  }
  EXPECT_EQ(strings.recent(kStart).dropped, 7U);
  strings.add(kStart + 500ms, "later");
  EXPECT_EQ(strings.recent(kStart + 600ms).dropped, 7U);
  EXPECT_EQ(strings.recent(kStart + 1200ms).dropped, 0U) << "what lies before the first recent string is not recent";
}

}  // namespace
}  // namespace catcher
