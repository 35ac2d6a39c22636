#include "triage/similarity.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace catcher {
namespace {

using Names = std::vector<std::string>;
using testing::ElementsAre;

TEST(StackSimilarity, the_same_stack_is_wholly_alike) {
  const Names stack{"a!f", "a!g", "a!main"};
  EXPECT_DOUBLE_EQ(stack_similarity(stack, stack), 1);
}

TEST(StackSimilarity, stacks_without_a_common_frame_have_nothing_in_common) {
  EXPECT_DOUBLE_EQ(stack_similarity(Names{"a!f"}, Names{"a!g"}), 0);
  EXPECT_DOUBLE_EQ(stack_similarity(Names{}, Names{"a!g"}), 0);
  EXPECT_DOUBLE_EQ(stack_similarity(Names{}, Names{}), 0);
}

// By the paper's formula, with c = 0.04 and o = 0.13.
TEST(StackSimilarity, a_shifted_frame_counts_less_the_further_it_is_shifted) {
  const double sum = 1 + std::exp(-0.04) + std::exp(-0.08);
  const double shifted = std::exp(-0.13) * (1 + std::exp(-0.04));
  EXPECT_NEAR(stack_similarity(Names{"x", "a", "b"}, Names{"a", "b", "y"}), shifted / sum, 1e-12);
}

TEST(StackSimilarity, it_is_the_same_both_ways) {
  const Names a{"p", "q", "r", "s", "main"};
  const Names b{"q", "s", "main"};
  EXPECT_DOUBLE_EQ(stack_similarity(a, b), stack_similarity(b, a));
}

TEST(StackSimilarity, a_difference_at_the_crash_weighs_more_than_one_far_out) {
  const Names stack{"a", "b", "c", "d", "e"};
  EXPECT_LT(stack_similarity(stack, Names{"x", "b", "c", "d", "e"}),
            stack_similarity(stack, Names{"a", "b", "c", "d", "x"}));
}

// The heaviest common subsequence as a textbook has it.
double textbook_similarity(const Names& a, const Names& b) {
  std::vector<std::vector<double>> best(a.size() + 1, std::vector<double>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const double shift = std::abs(static_cast<double>(i) - static_cast<double>(j));
      const double weight = std::exp(-0.04 * static_cast<double>(std::min(i, j) - 1)) * std::exp(-0.13 * shift);
      best[i][j] = std::max({best[i - 1][j], best[i][j - 1], a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + weight : 0});
    }
  }
  double most = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    most += std::exp(-0.04 * static_cast<double>(i));
  }
  return best[a.size()][b.size()] / most;
}

Names random_stack(std::mt19937& random, unsigned functions) {
  Names stack(1 + random() % 40);
  for (std::string& name : stack) {
    name = "f" + std::to_string(random() % functions);
  }
  return stack;
}

TEST(StackSimilarity, any_two_stacks_are_as_alike_as_the_textbook_says) {
  std::mt19937 random(7);
  for (const unsigned functions : {2U, 8U, 50U}) {
    for (int i = 0; i < 200; ++i) {
      const Names a = random_stack(random, functions);
      const Names b = random_stack(random, functions);
      ASSERT_NEAR(stack_similarity(a, b), textbook_similarity(a, b), 1e-12);
    }
  }
}

TEST(GroupSimilar, two_stacks_are_together_exactly_when_they_are_alike_enough) {
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    const Names a = random_stack(random, 3);
    Names b = a;
    for (std::size_t changed = random() % (a.size() + 1); changed > 0; --changed) {
      b[random() % b.size()] = "other" + std::to_string(random() % 3);
    }
    EXPECT_EQ(group_similar(std::vector<Names>{a, b}).at(1) == 0, textbook_similarity(a, b) >= 0.7);
  }
}

TEST(GroupSimilar, stacks_that_differ_in_one_frame_are_a_group_and_others_are_not) {
  const std::vector<Names> stacks{
      {"a", "b", "c", "d", "e"}, {"z", "y", "x"}, {"a", "b", "q", "d", "e"}, {"z", "y", "x"}};
  EXPECT_THAT(group_similar(stacks), ElementsAre(0, 1, 0, 1));
}

TEST(GroupSimilar, within_a_group_every_two_are_alike_not_only_neighbours) {
  // Each is alike to the next, the first and the last are not.
  const std::vector<Names> stacks{
      {"a", "b", "c", "d", "e", "f"}, {"a", "b", "c", "d", "x", "y"}, {"a", "q", "r", "d", "x", "y"}};
  ASSERT_GE(stack_similarity(stacks[0], stacks[1]), 0.6);
  ASSERT_LT(stack_similarity(stacks[0], stacks[2]), 0.7);
  const auto groups = group_similar(stacks);
  EXPECT_NE(groups[0], groups[2]);
}

TEST(GroupSimilar, stacks_without_frames_stay_alone) {
  EXPECT_THAT(group_similar(std::vector<Names>{{}, {}, {"a"}}), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace catcher
