#include "triage/similarity.h"

#include <gmock/gmock.h>

#include <cmath>

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
