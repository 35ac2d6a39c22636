#include "run/byte_tail.h"

#include <gtest/gtest.h>

#include <string>

namespace catcher {
namespace {

TEST(ByteTail, of_little_is_all_of_it) {
  ByteTail tail(8);
  EXPECT_EQ(tail.text(), "");
  tail.append("abc");
  tail.append("");
  tail.append(std::string("\0d", 2));
  EXPECT_EQ(tail.text(), std::string("abc\0d", 5));
}

TEST(ByteTail, is_the_same_however_the_bytes_come) {
  std::string all;
  for (int i = 0; i < 100; ++i) {
    all += static_cast<char>('!' + i % 90);
  }
  for (std::size_t piece = 1; piece <= all.size(); ++piece) {
    ByteTail tail(17);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      tail.append(std::string_view(all).substr(at, piece));
      const std::string_view so_far = std::string_view(all).substr(0, at + piece);
      ASSERT_EQ(tail.text(), so_far.substr(so_far.size() - std::min<std::size_t>(so_far.size(), 17))) << piece;
    }
  }
}

TEST(ByteTail, takes_a_piece_longer_than_itself_after_some_bytes) {
  ByteTail tail(4);
  tail.append("xy");
  tail.append("0123456789");
  EXPECT_EQ(tail.text(), "6789");
  tail.append("a");
  EXPECT_EQ(tail.text(), "789a");
}

}  // namespace
}  // namespace catcher
