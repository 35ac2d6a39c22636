#include "cli/command_line.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

using Words = std::vector<std::wstring>;

TEST(SplitCommandLine, target_is_everything_behind_the_first_bare_dashes) {
  const CommandLine line = split_command_line(L"catcher.exe --timeout 5 -- app.exe  \"a b\"  -- c\\\\ ");
  EXPECT_EQ(line.own, (Words{L"--timeout", L"5"}));
  EXPECT_EQ(line.target, L"app.exe  \"a b\"  -- c\\\\ ");
}

TEST(SplitCommandLine, quoted_program_name_with_blanks_is_skipped) {
  const CommandLine line = split_command_line(L"\"C:\\Program Files\\catcher.exe\" -q -- x");
  EXPECT_EQ(line.own, (Words{L"-q"}));
  EXPECT_EQ(line.target, L"x");
}

TEST(SplitCommandLine, there_is_no_target_without_dashes) {
  const CommandLine line = split_command_line(L"catcher app.exe arg");
  EXPECT_EQ(line.own, (Words{L"app.exe", L"arg"}));
  EXPECT_FALSE(line.target.has_value());
}

TEST(SplitCommandLine, quoted_dashes_are_a_word_like_any_other) {
  const CommandLine line = split_command_line(L"catcher --report \"--\" -- x");
  EXPECT_EQ(line.own, (Words{L"--report", L"--"}));
  EXPECT_EQ(line.target, L"x");
}

TEST(SplitCommandLine, dashes_at_the_end_are_an_empty_target) {
  EXPECT_EQ(split_command_line(L"catcher --").target, L"");
}

TEST(SplitCommandLine, longer_dashes_are_no_separator) {
  const CommandLine line = split_command_line(L"catcher --- x");
  EXPECT_EQ(line.own, (Words{L"---", L"x"}));
}

TEST(SplitCommandLine, own_words_follow_the_rules_of_the_c_runtime) {
  const CommandLine line = split_command_line(LR"(catcher "a b" a\\b "c\\" \"d "e""f" "" g\\\"h)");
  EXPECT_EQ(line.own, (Words{L"a b", L"a\\\\b", L"c\\", L"\"d", L"e\"f", L"", L"g\\\"h"}));
}

TEST(SplitCommandLine, empty_line_has_nothing) {
  EXPECT_TRUE(split_command_line(L"").own.empty());
  EXPECT_FALSE(split_command_line(L"").target.has_value());
}

}  // namespace
}  // namespace catcher
