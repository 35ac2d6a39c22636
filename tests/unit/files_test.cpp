#include "win32/files.h"
#include "win32/full_path.h"

#include <gtest/gtest.h>

namespace {

using catcher::full_path;
using catcher::long_path;
using catcher::openable_path;

TEST(Files, a_short_path_is_opened_as_it_was_given) {
  EXPECT_EQ(openable_path(L"report.json"), L"report.json");
  EXPECT_EQ(openable_path(L"C:/here/report.json"), L"C:/here/report.json");
  EXPECT_EQ(openable_path(L"NUL"), L"NUL");
}

TEST(Files, a_long_path_is_opened_in_the_form_without_a_limit) {
  const std::wstring name(250, L'n');
  EXPECT_EQ(openable_path(L"C:/here/../there/" + name), L"\\\\?\\C:\\there\\" + name);
  EXPECT_EQ(openable_path(L"\\\\server\\share\\" + name), L"\\\\?\\UNC\\server\\share\\" + name);
  EXPECT_EQ(openable_path(name), long_path(full_path(name))) << "counted from the current directory";
  EXPECT_EQ(openable_path(L"\\\\?\\C:\\" + name), L"\\\\?\\C:\\" + name);
}

}  // namespace
