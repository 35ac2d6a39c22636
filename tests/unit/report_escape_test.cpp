#include "report/escape.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace catcher {
namespace {

TEST(EscapeForTerminal, leaves_readable_text_alone) {
  EXPECT_EQ(escape_for_terminal(R"(C:\Users\Jörg\"a b" 名前 🙂)"), R"(C:\Users\Jörg\"a b" 名前 🙂)");
  EXPECT_EQ(escape_for_terminal(""), "");
}

TEST(EscapeForTerminal, shows_control_characters) {
  EXPECT_EQ(escape_for_terminal("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(escape_for_terminal("\x1b[31mred\x07\x7f"), "\\x1b[31mred\\x07\\x7f");
  EXPECT_EQ(escape_for_terminal(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(EscapeForTerminal, shows_the_8_bit_control_sequence_introducer) {
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"
                                "31m"),
            "\\u009b31m");
}

TEST(EscapeForTerminal, shows_what_turns_the_reading_direction_or_cannot_be_seen) {
  EXPECT_EQ(escape_for_terminal("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(escape_for_terminal("\xe2\x81\xa6"), "\\u2066");
  EXPECT_EQ(escape_for_terminal("\xe2\x80\x8b"), "\\u200b");
  EXPECT_EQ(escape_for_terminal("\xe2\x80\xa8"), "\\u2028");
  EXPECT_EQ(escape_for_terminal("\xef\xbb\xbf"), "\\ufeff");
  EXPECT_EQ(escape_for_terminal("\xf3\xa0\x81\x81"), "\\U000e0041");
}

TEST(EscapeForTerminal, shows_each_byte_that_is_no_utf_8) {
  EXPECT_EQ(escape_for_terminal("\xff"), "\\xff");
  EXPECT_EQ(escape_for_terminal("\xc0\x80"), "\\xc0\\x80");                    // overlong
  EXPECT_EQ(escape_for_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(escape_for_terminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(escape_for_terminal("\xe2\x82"), "\\xe2\\x82");                    // cut off
  EXPECT_EQ(escape_for_terminal("\xe2\x82z"), "\\xe2\\x82z");
}

TEST(ToValidUtf8, replaces_what_is_invalid_and_keeps_the_rest) {
  EXPECT_EQ(to_valid_utf8("a\xff"
                          "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(to_valid_utf8("a\nb\x1b"), "a\nb\x1b");
  EXPECT_EQ(to_valid_utf8("\xe2\x82z"), "\xef\xbf\xbdz");
}

TEST(Escape, random_bytes_become_one_safe_line_and_valid_json) {
  std::mt19937 random(4711);
  std::uniform_int_distribution<int> byte(0, 255);
  std::uniform_int_distribution<std::size_t> length(0, 12);
  for (int round = 0; round < 20000; ++round) {
    std::string text(length(random), ' ');
    for (char& c : text) {
      c = static_cast<char>(byte(random));
    }
    for (const char c : escape_for_terminal(text)) {
      ASSERT_GE(static_cast<unsigned char>(c), 0x20U);
      ASSERT_NE(c, '\x7f');
    }
    ASSERT_NO_THROW(static_cast<void>(nlohmann::json(to_valid_utf8(text)).dump()));
    ASSERT_NO_THROW(static_cast<void>(nlohmann::json(escape_for_terminal(text)).dump()));
  }
}

}  // namespace
}  // namespace catcher
