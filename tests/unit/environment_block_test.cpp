#include "debugger/environment_block.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

// "A=1|B=2" as a block.
std::wstring block(std::wstring text) {
  for (wchar_t& c : text) {
    c = c == L'|' ? L'\0' : c;
  }
  return text.empty() ? std::wstring(1, L'\0') : text + std::wstring(2, L'\0');
}

TEST(EnvironmentBlock, without_changes_stays_as_it_is) {
  const std::wstring unsorted = block(L"b=2|a=1|=C:=C:\\");
  EXPECT_EQ(changed_environment(unsorted, {}), unsorted);
}

TEST(EnvironmentBlock, takes_a_new_variable_in_the_order_of_names) {
  EXPECT_EQ(changed_environment(block(L"A=1|C=3"), {{"b", "2"}}), block(L"A=1|b=2|C=3"));
  EXPECT_EQ(changed_environment(block(L"A=1"), {{"Z", ""}}), block(L"A=1|Z="));
  EXPECT_EQ(changed_environment(block(L""), {{"only", "x"}}), block(L"only=x"));
}

TEST(EnvironmentBlock, replaces_a_variable_whatever_its_case) {
  EXPECT_EQ(changed_environment(block(L"A=1|Path=old|Z=9"), {{"PATH", "new"}}), block(L"A=1|PATH=new|Z=9"));
}

TEST(EnvironmentBlock, lets_the_last_of_two_changes_win) {
  EXPECT_EQ(changed_environment(block(L"A=1"), {{"x", "1"}, {"X", "2"}}), block(L"A=1|X=2"));
}

TEST(EnvironmentBlock, keeps_the_variables_of_the_drives) {
  EXPECT_EQ(changed_environment(block(L"=C:=C:\\here|=D:=D:\\|A=1"), {{"B", "="}}),
            block(L"=C:=C:\\here|=D:=D:\\|A=1|B=="));
  EXPECT_EQ(changed_environment(block(L"=C:=C:\\here|A=1"), {{"=c:", "C:\\there"}}), block(L"=c:=C:\\there|A=1"));
}

TEST(EnvironmentBlock, orders_by_code_units_as_windows_does_and_not_by_language) {
  // '_' comes behind the capital letters, which is what lower case is compared as.
  EXPECT_EQ(changed_environment(block(L"zeta=1"), {{"_name", "x"}}), block(L"zeta=1|_name=x"));
}

TEST(EnvironmentBlock, knows_what_it_has) {
  EXPECT_TRUE(has_variable(block(L"A=1|Path=x"), L"PATH"));
  EXPECT_FALSE(has_variable(block(L"A=1|Path=x"), L"PAT"));
  EXPECT_FALSE(has_variable(block(L""), L"A"));
}

TEST(EnvironmentBlock, of_this_process_ends_with_two_zeros_and_has_its_variables) {
  const std::wstring own = own_environment();
  ASSERT_GE(own.size(), 2U);
  EXPECT_EQ(own.substr(own.size() - 2), std::wstring(2, L'\0'));
  EXPECT_TRUE(has_variable(own, L"path"));
}

}  // namespace
}  // namespace catcher
