#include "cli/number.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, is_bounded_alike_in_every_unit) {
  EXPECT_EQ(parse_duration("36000000000ms"), 10'000h);
  EXPECT_EQ(parse_duration("36000000"), 10'000h);
  EXPECT_EQ(parse_duration("600000m"), 10'000h);
  EXPECT_EQ(parse_duration("10000h"), 10'000h);
  for (const char* text : {"36000000001ms", "36000000.001s", "600001m", "10000.001h", "999999999999h"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace catcher
