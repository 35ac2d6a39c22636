#include "monitors/idle_clock.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

using namespace std::chrono_literals;

constexpr IdleClock::Clock::time_point kStart{};

TEST(IdleClock, nothing_used_for_long_enough_is_idle) {
  IdleClock clock(2s, kStart);
  for (auto time = 0ms; time < 2s; time += 200ms) {
    clock.used(5s, kStart + time);
    EXPECT_FALSE(clock.is_idle(kStart + time));
  }
  clock.used(5s, kStart + 2s);
  EXPECT_TRUE(clock.is_idle(kStart + 2s));
}

TEST(IdleClock, work_starts_the_time_anew) {
  IdleClock clock(2s, kStart);
  clock.used(0s, kStart);
  clock.used(0s, kStart + 1s);
  clock.used(500ms, kStart + 1500ms);
  EXPECT_FALSE(clock.is_idle(kStart + 3s));
  EXPECT_TRUE(clock.is_idle(kStart + 3500ms));
}

TEST(IdleClock, a_blinking_cursor_is_not_work) {
  IdleClock clock(10s, kStart);
  for (auto time = 0ms; time <= 10s; time += 500ms) {
    clock.used(std::chrono::microseconds(time) / 200, kStart + time);  // half a per cent
  }
  EXPECT_TRUE(clock.is_idle(kStart + 10s));
}

TEST(IdleClock, a_steady_trickle_of_real_work_is_work) {
  IdleClock clock(10s, kStart);
  for (auto time = 0ms; time <= 60s; time += 500ms) {
    clock.used(std::chrono::microseconds(time) / 20, kStart + time);  // five per cent
    EXPECT_FALSE(clock.is_idle(kStart + time));
  }
}

TEST(IdleClock, threads_that_end_take_their_time_along_and_that_is_life) {
  IdleClock clock(2s, kStart);
  clock.used(5s, kStart);
  clock.used(1s, kStart + 1900ms);
  EXPECT_FALSE(clock.is_idle(kStart + 3s));
}

TEST(IdleClock, events_are_life) {
  IdleClock clock(2s, kStart);
  clock.used(0s, kStart);
  clock.stirred(kStart + 1s);
  EXPECT_FALSE(clock.is_idle(kStart + 2900ms));
  EXPECT_TRUE(clock.is_idle(kStart + 3s));
}

TEST(IdleClock, looks_ten_times_in_bounds) {
  EXPECT_EQ(IdleClock(2s, kStart).interval(), 200ms);
  EXPECT_EQ(IdleClock(50ms, kStart).interval(), 20ms);
  EXPECT_EQ(IdleClock(1h, kStart).interval(), 500ms);
}

}  // namespace
}  // namespace catcher
