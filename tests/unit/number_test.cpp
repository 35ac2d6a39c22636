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

TEST(ParseSize, counts_every_way_to_write_a_unit_by_1024) {
  for (const char* text : {"512M", "512MB", "512MiB", "0.5G", "0.5GB", "536870912", "536870912B", "524288K"}) {
    EXPECT_EQ(parse_size(text), std::uint64_t{512} << 20U) << text;
  }
}

TEST(ParseSize, refuses_what_is_none) {
  for (const char* text : {"", "B", "MB", "512iB", "512MM", "512M B", "-1M", "1e3", "0", "512m", "1.M", "2000T"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace catcher
