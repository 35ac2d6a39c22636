#include "sweep/placeholder.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

TEST(SweepPlaceholder, every_one_becomes_the_path) {
  EXPECT_EQ(with_input(L"app.exe @@ --again=@@", L"C:\\x"), L"app.exe C:\\x --again=C:\\x");
  EXPECT_EQ(with_input(L"app.exe", L"C:\\x"), L"app.exe");
  EXPECT_EQ(with_input(L"a@b.c @@@", L"x"), L"a@b.c x@");
}

TEST(SweepPlaceholder, a_path_with_blanks_is_quoted_once) {
  EXPECT_EQ(with_input(L"app.exe @@ --f=@@", L"C:\\a b"), L"app.exe \"C:\\a b\" --f=\"C:\\a b\"");
  EXPECT_EQ(with_input(L"\"my app.exe\" \"@@\" @@", L"C:\\a b"), L"\"my app.exe\" \"C:\\a b\" \"C:\\a b\"");
}

TEST(SweepPlaceholder, it_is_found) {
  EXPECT_TRUE(has_placeholder(L"app.exe @@"));
  EXPECT_FALSE(has_placeholder(L"app.exe @ @"));
}

}  // namespace
}  // namespace catcher
