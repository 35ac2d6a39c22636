#include "evidence/demangle.h"

#include "evidence/symbol_text.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

TEST(Demangle, names_of_both_abis_are_readable) {
#if defined(__GNUC__)
  EXPECT_EQ(readable_name("_ZN3app5Thing3runEi"), "app::Thing::run(int)");
  EXPECT_EQ(readable_name("_ZN3app3BoxIxE3getEi"), "app::Box<long long>::get(int)");
  EXPECT_EQ(readable_name("_ZN12_GLOBAL__N_16hiddenEi"), "(anonymous namespace)::hidden(int)");
#endif
  EXPECT_EQ(readable_name("?run@Thing@app@@QEAAHH@Z"), "app::Thing::run(int)");
  EXPECT_EQ(readable_name("plain_c"), "plain_c");
}

TEST(Demangle, clones_of_the_compiler_go_by_the_functions_name) {
  EXPECT_EQ(without_clone_suffix("run.cold"), "run");
  EXPECT_EQ(without_clone_suffix("run.part.0"), "run");
  EXPECT_EQ(without_clone_suffix("run.isra.0.constprop.12.cold"), "run");
  EXPECT_EQ(without_clone_suffix("run.llvm.123456"), "run");
  EXPECT_EQ(without_clone_suffix("run.0"), "run.0");
  EXPECT_EQ(without_clone_suffix("version.dll"), "version.dll");
  EXPECT_EQ(without_clone_suffix(".cold"), ".cold");
#if defined(__GNUC__)
  EXPECT_EQ(readable_name("_ZN3app3runEi.cold"), "app::run(int)");
#endif
}

#if defined(__GNUC__)
TEST(Demangle, a_rust_name_loses_the_hash_that_differs_between_builds) {
  EXPECT_EQ(readable_name("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
}
#endif

TEST(Demangle, what_cannot_be_read_comes_back_as_it_was) {
  EXPECT_EQ(readable_name("_Zgarbage"), "_Zgarbage");
  EXPECT_EQ(readable_name("?garbage"), "?garbage");
  EXPECT_EQ(readable_name(""), "");
  EXPECT_EQ(readable_name("_Z"), "_Z");
}

TEST(Demangle, a_name_that_stands_for_gigabytes_is_not_expanded) {
  // Each argument is a template of twice the one before: 2^40 times "A<int, int>".
  std::string name = "_Z1f1AIiiE";
  const std::string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t i = 0; i < 40; ++i) {
    std::string number(1, digits[2 * i % 36]);
    if (2 * i >= 36) {
      number = digits[2 * i / 36] + number;
    }
    name += "1BIS" + number + "_S" + number + "_E";
  }
  EXPECT_EQ(readable_name(name), name);
}

TEST(Demangle, a_name_without_end_is_cut) {
  EXPECT_LT(readable_name("_Z" + std::string(1'000'000, 'P')).size(), 3'000u);
  EXPECT_LT(readable_name("?" + std::string(1'000'000, '@')).size(), 3'000u);
  EXPECT_LT(readable_name("_Z1f" + std::string(4'000, 'P') + "i").size(), 5'000u);
}

TEST(SymbolText, text_from_a_file_is_valid_utf8_without_control_characters) {
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(printable("a\xFF"
                      "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("a\x1B[31mb\n"), "a\xEF\xBF\xBD[31mb\xEF\xBF\xBD");
  EXPECT_EQ(printable("aaaa\xC3\xA9", 5), "aaaa\xE2\x80\xA6");
}

TEST(SymbolText, only_a_plain_name_is_a_file_name) {
  EXPECT_TRUE(is_plain_file_name("app.debug"));
  for (const char* name : {"", ".", "..", "a\\b", "a/b", "c:x", "a*", "a\nb", "\\\\server\\x"}) {
    EXPECT_FALSE(is_plain_file_name(name)) << name;
  }
}

TEST(ReadableName, the_size_of_the_arguments_is_no_part_of_a_32_bit_name) {
  EXPECT_EQ(readable_name("_Sleep@4"), "Sleep");
  EXPECT_EQ(readable_name("LdrLoadDll@16"), "LdrLoadDll");
  EXPECT_EQ(readable_name("@BaseThreadInitThunk@12"), "BaseThreadInitThunk");
  EXPECT_EQ(readable_name("vector@@16"), "vector");
  EXPECT_EQ(readable_name("name@version"), "name@version");
  EXPECT_EQ(readable_name("@4"), "@4");
  EXPECT_EQ(readable_name("a@b@4"), "a@b@4");
}

}  // namespace
}  // namespace catcher
