#include "triage/recursion.h"

#include <gtest/gtest.h>

#include <vector>

namespace catcher {
namespace {

std::vector<Repeat> repeats(std::vector<std::size_t> keys, std::size_t max_period = 32, std::size_t min_count = 2) {
  return find_repeats(keys, max_period, min_count);
}

TEST(FindRepeats, nothing_is_in_nothing) {
  EXPECT_TRUE(repeats({}).empty());
}

TEST(FindRepeats, different_elements_stand_alone) {
  EXPECT_EQ(repeats({1, 2, 3}), (std::vector<Repeat>{{0, 1, 1}, {1, 1, 1}, {2, 1, 1}}));
}

TEST(FindRepeats, folds_the_same_element) {
  EXPECT_EQ(repeats({1, 2, 2, 2, 3}), (std::vector<Repeat>{{0, 1, 1}, {1, 1, 3}, {4, 1, 1}}));
}

TEST(FindRepeats, folds_mutual_recursion_of_any_period) {
  EXPECT_EQ(repeats({9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 8}), (std::vector<Repeat>{{0, 1, 1}, {1, 3, 3}, {10, 1, 1}}));
}

TEST(FindRepeats, keeps_what_is_left_of_a_cut_off_period) {
  EXPECT_EQ(repeats({1, 2, 1, 2, 1}), (std::vector<Repeat>{{0, 2, 2}, {4, 1, 1}}));
}

TEST(FindRepeats, folds_only_from_the_least_count_on) {
  EXPECT_EQ(repeats({1, 1}, 32, 3), (std::vector<Repeat>{{0, 1, 1}, {1, 1, 1}}));
  EXPECT_EQ(repeats({1, 1, 1}, 32, 3), (std::vector<Repeat>{{0, 1, 3}}));
}

TEST(FindRepeats, sees_no_longer_period_than_it_is_told) {
  EXPECT_EQ(repeats({1, 2, 1, 2}, 1).size(), 4U);
}

TEST(FindRepeats, covers_every_element_once_and_in_order) {
  std::vector<std::size_t> keys;
  for (std::size_t i = 0; i < 500; ++i) {
    keys.push_back(i * i % 7 % 3);
  }
  std::size_t next = 0;
  for (const Repeat& repeat : find_repeats(keys, 32, 2)) {
    EXPECT_EQ(repeat.begin, next);
    next += repeat.length();
  }
  EXPECT_EQ(next, keys.size());
}

}  // namespace
}  // namespace catcher
