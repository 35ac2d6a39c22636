// What is kept of OutputDebugString, and what reading it may cost.

#include "monitors/debug_log.h"
#include "monitors/debug_text.h"
#include "monitors/time_budget.h"
#include "own_memory.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

using namespace std::chrono_literals;

constexpr TimeBudget::Clock::time_point kStart{1h};

TEST(TimeBudget, of_a_flood_takes_its_reserve_and_then_its_share) {
  TimeBudget budget(32, 100ms);
  TimeBudget::Clock::duration spent{};
  for (auto now = kStart; now < kStart + 10s; now += 100us) {
    if (budget.has_some(now)) {
      budget.spend(50us);
      spent += 50us;
    }
  }
  EXPECT_GE(spent, 100ms + 10'000ms / 33);
  EXPECT_LE(spent, 100ms + 10'000ms / 31);
}

TEST(TimeBudget, has_its_reserve_again_after_a_rest) {
  TimeBudget budget(10, 100ms);
  ASSERT_TRUE(budget.has_some(kStart));
  budget.spend(100ms);
  EXPECT_FALSE(budget.has_some(kStart));
  EXPECT_TRUE(budget.has_some(kStart + 1s));
  budget.spend(99ms);
  EXPECT_TRUE(budget.has_some(kStart + 1s)) << "a whole reserve was there";
}

TEST(TimeBudget, owes_what_one_costly_thing_took_too_much) {
  TimeBudget budget(10, 100ms);
  ASSERT_TRUE(budget.has_some(kStart));
  budget.spend(300ms);
  EXPECT_FALSE(budget.has_some(kStart + 1s));
  EXPECT_TRUE(budget.has_some(kStart + 2001ms));
}

DebugLine line(std::string text, std::uint64_t dropped_before = 0) {
  DebugLine result;
  result.text = std::move(text);
  result.dropped_before = dropped_before;
  return result;
}

TEST(DebugLog, keeps_everything_of_little) {
  DebugLog log;
  log.add(line("a"));
  log.add(line("b", 3));
  const DebugOutput output = log.take(2);
  ASSERT_EQ(output.lines.size(), 2U);
  EXPECT_EQ(output.lines[1].text, "b");
  EXPECT_EQ(output.lines[1].dropped_before, 3U);
  EXPECT_EQ(output.dropped, 5U);
}

TEST(DebugLog, keeps_the_first_and_the_last_of_many_and_counts_the_rest) {
  DebugLog log;
  constexpr std::size_t kMany = 10'000;
  for (std::size_t i = 0; i < kMany; ++i) {
    log.add(line(std::to_string(i), i == 5000 ? 7 : 0));
  }
  const DebugOutput output = log.take(0);
  ASSERT_EQ(output.lines.size(), 2 * DebugLog::kMostLines);
  EXPECT_EQ(output.lines[DebugLog::kMostLines - 1].text, std::to_string(DebugLog::kMostLines - 1));
  EXPECT_EQ(output.lines[DebugLog::kMostLines].text, std::to_string(kMany - DebugLog::kMostLines));
  EXPECT_EQ(output.lines.back().text, std::to_string(kMany - 1));
  EXPECT_EQ(output.dropped, kMany - 2 * DebugLog::kMostLines + 7);
  EXPECT_EQ(output.lines[DebugLog::kMostLines].dropped_before, output.dropped);
}

TEST(DebugLog, is_bounded_by_bytes_too) {
  DebugLog log;
  for (int i = 0; i < 100; ++i) {
    log.add(line(std::string(100'000, static_cast<char>('!' + i % 90))));
  }
  const DebugOutput output = log.take(0);
  std::size_t bytes = 0;
  for (const DebugLine& each : output.lines) {
    bytes += each.text.size();
  }
  EXPECT_LE(bytes, 2 * DebugLog::kMostBytes);
  EXPECT_EQ(output.lines.size() + output.dropped, 100U);
  EXPECT_EQ(output.lines.back().text.front(), static_cast<char>('!' + 99 % 90));
}

TEST(DebugLog, keeps_the_order_when_a_short_text_follows_one_that_found_no_room) {
  DebugLog log;
  log.add(line(std::string(DebugLog::kMostBytes - 1, 'a')));
  log.add(line("bb"));
  log.add(line("c"));
  const DebugOutput output = log.take(0);
  ASSERT_EQ(output.lines.size(), 3U);
  EXPECT_EQ(output.lines[1].text, "bb");
  EXPECT_EQ(output.lines[2].text, "c");
}

template <typename Unit>
std::string read(const std::basic_string<Unit>& text) {
  const OwnMemory memory;
  DebugString said;
  said.text = Address{reinterpret_cast<std::uintptr_t>(text.c_str())};
  said.bytes = static_cast<std::uint16_t>((text.size() + 1) * sizeof(Unit));
  said.is_unicode = sizeof(Unit) == sizeof(wchar_t);
  return read_debug_text(memory, said);
}

TEST(DebugText, is_read_to_its_end_whatever_its_length) {
  for (const std::size_t length : {0U, 1U, 4095U, 4096U, 4097U, 65'535U, 70'000U, 200'000U}) {
    EXPECT_EQ(read(std::string(length, 'n')), std::string(length, 'n')) << length;
    EXPECT_EQ(read(std::wstring(length, L'w')), std::string(length, 'w')) << length;
  }
}

TEST(DebugText, that_is_endless_is_cut) {
  EXPECT_EQ(read(std::string(kLongestDebugText, 'n')), std::string(kLongestDebugText, 'n'));
  EXPECT_EQ(read(std::string(kLongestDebugText + 1, 'n')), std::string(kLongestDebugText, 'n') + " [cut]");
  EXPECT_EQ(read(std::wstring(1'000'000, L'w')), std::string(kLongestDebugText, 'w') + " [cut]");
}

TEST(DebugText, keeps_every_character) {
  EXPECT_EQ(read(std::wstring(L"h\u00e9llo \U0001F600\r\n")), "h\xC3\xA9llo \xF0\x9F\x98\x80");
  EXPECT_EQ(read(std::string("gr\xC3\xBC\xC3\x9F\n")), "gr\xC3\xBC\xC3\x9F") << "UTF-8";
  // A character across the border of two reads.
  EXPECT_EQ(read(std::string(4095, 'x') + "\xC3\xBC"), std::string(4095, 'x') + "\xC3\xBC");
}

TEST(DebugText, keeps_line_ends_within) {
  EXPECT_EQ(read(std::string("a\nb\r\n\n")), "a\nb");
}

TEST(DebugText, that_cannot_be_read_is_empty) {
  const OwnMemory memory;
  DebugString said;
  said.text = Address{16};
  said.bytes = 100;
  EXPECT_EQ(read_debug_text(memory, said), "");
}

}  // namespace
}  // namespace catcher
