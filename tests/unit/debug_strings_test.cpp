#include "monitors/debug_strings.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

using namespace std::chrono_literals;

// Some moment long after the clock began.
constexpr DebugStrings::Clock::time_point kStart{1h};

// What a monitor does for each string that comes.
bool say(DebugStrings& strings, DebugStrings::Clock::time_point when, const std::string& text) {
  const bool wanted = strings.wants_next(when);
  if (wanted) {
    strings.add(when, text);
  }
  return wanted;
}

TEST(DebugStrings, keep_the_order_in_which_they_were_said) {
  DebugStrings strings;
  say(strings, kStart, "one");
  say(strings, kStart + 1ms, "two");
  EXPECT_EQ(strings.recent(kStart + 2ms).lines, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(strings.recent(kStart + 2ms).dropped, 0U);
}

TEST(DebugStrings, older_than_a_second_are_not_recent) {
  DebugStrings strings;
  say(strings, kStart, "old");
  say(strings, kStart + 500ms, "young");
  EXPECT_EQ(strings.recent(kStart + 1500ms).lines, std::vector<std::string>{"young"});
  EXPECT_TRUE(strings.recent(kStart + 1501ms).lines.empty());
}

TEST(DebugStrings, only_the_last_are_kept) {
  DebugStrings strings;
  for (std::size_t i = 0; i < DebugStrings::kKept + 10; ++i) {
    ASSERT_TRUE(say(strings, kStart, std::to_string(i)));
  }
  const RecentDebugStrings recent = strings.recent(kStart);
  ASSERT_EQ(recent.lines.size(), DebugStrings::kKept);
  EXPECT_EQ(recent.lines.front(), "10");
  EXPECT_EQ(recent.dropped, 0U) << "they were read, and gave way";
}

TEST(DebugStrings, of_a_flood_only_so_many_a_second_are_read) {
  DebugStrings strings;
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {  // in two seconds
    read += say(strings, kStart + i * 100us, "x") ? 1 : 0;
  }
  EXPECT_GE(read, 2 * DebugStrings::kPerSecond);
  EXPECT_LE(read, 3 * DebugStrings::kPerSecond + 1);
}

TEST(DebugStrings, after_a_flood_they_are_read_again) {
  DebugStrings strings;
  for (int i = 0; i < 1'000; ++i) {
    say(strings, kStart, "flood");
  }
  EXPECT_FALSE(strings.wants_next(kStart));
  EXPECT_TRUE(say(strings, kStart + 1s, "calm"));
}

TEST(DebugStrings, count_what_was_dropped_behind_the_last_and_between) {
  DebugStrings strings;
  for (int i = 0; i < DebugStrings::kPerSecond + 7; ++i) {
    say(strings, kStart, "flood");
  }
  EXPECT_EQ(strings.recent(kStart).dropped, 7U);
  say(strings, kStart + 500ms, "later");
  EXPECT_EQ(strings.recent(kStart + 600ms).dropped, 7U);
  EXPECT_EQ(strings.recent(kStart + 1200ms).dropped, 0U) << "what lies before the first recent string is not recent";
}

}  // namespace
}  // namespace catcher
