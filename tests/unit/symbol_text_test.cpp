#include "evidence/symbol_text.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

TEST(SymbolText, a_control_character_behind_ascii_is_not_shown_either) {
  EXPECT_EQ(printable("a\xC2\x9B"
                      "31m"),
            "a\xEF\xBF\xBD"
            "31m");
  EXPECT_EQ(printable("\xC2\xA0"), "\xC2\xA0");
}

TEST(SymbolText, what_stands_for_bad_bytes_keeps_to_the_limit_too) {
  EXPECT_EQ(printable(std::string(9, '\x01'), 9), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xE2\x80\xA6");
  EXPECT_EQ(printable("\xFF\xFF", 4), "\xEF\xBF\xBD\xE2\x80\xA6");
}

}  // namespace
}  // namespace catcher
