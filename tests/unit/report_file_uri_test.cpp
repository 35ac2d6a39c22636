#include "report/file_uri.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace catcher {
namespace {

struct UriCase {
  std::string_view path;
  std::string_view uri;
};

TEST(FileUri, is_what_the_rfcs_ask_for) {
  constexpr std::array kCases = {
      UriCase{R"(C:\src\app\main.cpp)", "file:///C:/src/app/main.cpp"},
      UriCase{R"(c:/src\main.cpp)", "file:///c:/src/main.cpp"},
      UriCase{R"(\\server\share\x.cpp)", "file://server/share/x.cpp"},
      UriCase{R"(\\server\share\..\..\..\x.cpp)", "file://server/share/x.cpp"},
      UriCase{R"(\\?\C:\long\x.cpp)", "file:///C:/long/x.cpp"},
      UriCase{R"(\\?\UNC\server\share\x.cpp)", "file://server/share/x.cpp"},
      UriCase{"/home/me/x.cpp", "file:///home/me/x.cpp"},
      UriCase{"/../x.cpp", "file:///x.cpp"},
      UriCase{"crash_test.cpp", "crash_test.cpp"},
      UriCase{R"(..\src\.\a\..\x.cpp)", "../src/x.cpp"},
      UriCase{"a/../../x.cpp", "../x.cpp"},
      UriCase{"//", "file:///"},
      UriCase{"", "."},
      UriCase{"a/..", "."},
      UriCase{"javascript:alert(1)", "javascript%3Aalert(1)"},
      UriCase{"C:x.cpp", "C%3Ax.cpp"},
      UriCase{R"(C:\a b\50%\#1?\[x].cpp)", "file:///C:/a%20b/50%25/%231%3F/%5Bx%5D.cpp"},
      UriCase{"\xC3\xA9.cpp", "%C3%A9.cpp"},
      UriCase{"\xFF\x1b\n.cpp", "%EF%BF%BD%1B%0A.cpp"},
  };
  for (const UriCase& each : kCases) {
    EXPECT_EQ(file_uri(each.path), each.uri) << each.path;
  }
}

}  // namespace
}  // namespace catcher
