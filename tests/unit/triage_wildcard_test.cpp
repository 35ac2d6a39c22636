#include "triage/wildcard.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

TEST(Wildcard, stars_and_question_marks_match_what_they_should) {
  EXPECT_TRUE(matches_wildcard("", ""));
  EXPECT_TRUE(matches_wildcard("", "*"));
  EXPECT_TRUE(matches_wildcard("worker12.exe", "worker*.exe"));
  EXPECT_TRUE(matches_wildcard("WORKER.EXE", "worker*.exe"));
  EXPECT_TRUE(matches_wildcard("abcabd", "*ab?"));
  EXPECT_TRUE(matches_wildcard("a.b.c", "*.?"));
  EXPECT_TRUE(matches_wildcard("Semaphore:_Task1", "semaphore:_task*"));
}

TEST(Wildcard, the_whole_text_must_fit) {
  EXPECT_FALSE(matches_wildcard("a", ""));
  EXPECT_FALSE(matches_wildcard("", "?"));
  EXPECT_FALSE(matches_wildcard("worker.exe.bak", "worker*.exe"));
  EXPECT_FALSE(matches_wildcard("xworker.exe", "worker*.exe"));
  EXPECT_FALSE(matches_wildcard("ab", "a?c"));
}

TEST(Wildcard, a_hostile_pattern_ends_soon) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "a*";
  }
  EXPECT_FALSE(matches_wildcard(std::string(20'000, 'a'), pattern + "b"));
}

}  // namespace
}  // namespace catcher
