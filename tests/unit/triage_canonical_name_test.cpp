#include "triage/canonical_name.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace catcher {
namespace {

struct Case {
  std::string_view name;
  std::string_view canonical;
};

void expect_all(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(canonical_function(each.name), each.canonical) << each.name;
  }
}

TEST(CanonicalFunction, plain_names_stay) {
  expect_all({{"main", "main"},
              {"WinMain", "WinMain"},
              {"app::Parser::run", "app::Parser::run"},
              {"main.main", "main.main"},
              {"app.partial", "app.partial"},
              {"", ""}});
}

TEST(CanonicalFunction, arguments_return_types_and_qualifiers_go) {
  expect_all({{"write_null()", "write_null"},
              {"app::Parser::run(std::string const&, int) const", "app::Parser::run"},
              {"void __cdecl app::run(int)", "app::run"},
              {"public: virtual int __thiscall app::Parser::run(void)const ", "app::Parser::run"},
              {"app::f(void (*)(int), std::pair<int, int>) &&", "app::f"},
              {"f(int) noexcept", "f"}});
}

TEST(CanonicalFunction, template_arguments_become_a_star) {
  expect_all({{"void app::parse<int>(int)", "app::parse<*>"},
              {"std::vector<int> app::make<std::map<int, int>, 3>()", "app::make<*>"},
              {"app::Box<char>::get", "app::Box<*>::get"},
              {"app::Cmp<(1>0)>::get()", "app::Cmp<*>::get"}});
}

TEST(CanonicalFunction, operators_keep_their_symbols) {
  expect_all({{"app::V::operator()(int) const", "app::V::operator()"},
              {"app::V::operator<(app::V const&) const", "app::V::operator<"},
              {"bool app::operator< <int>(app::B<int> const&)", "app::operator< <*>"},
              {"app::V::operator->() const", "app::V::operator->"},
              {"std::ostream& operator<<(std::ostream&, int)", "operator<<"},
              {"app::V::operator[](unsigned long long)", "app::V::operator[]"},
              {"operator new(unsigned long long)", "operator new"},
              {"void * __cdecl operator new(unsigned __int64)", "operator new"},
              {"app::V::operator bool() const", "app::V::operator bool"}});
}

TEST(CanonicalFunction, the_same_lambda_has_one_name_whichever_compiler_named_it) {
  expect_all({{"app::run()::{lambda(int)#1}::operator()(int) const", "app::run::?lambda::operator()"},
              {"app::run()::$_0::operator()(int) const", "app::run::?lambda::operator()"},
              {"app::run()::'lambda'(int)::operator()(int) const", "app::run::?lambda::operator()"},
              {"app::run()::'lambda0'(int)::operator()(int) const", "app::run::?lambda::operator()"},
              {"app::run::<lambda_1>::operator()", "app::run::?lambda::operator()"},
              {"app::run::<lambda_3f2a9c>::operator()", "app::run::?lambda::operator()"}});
}

TEST(CanonicalFunction, anonymous_namespaces_have_one_name) {
  expect_all({{"(anonymous namespace)::f(int)", "?anonymous::f"},
              {"{anonymous}::f(int)", "?anonymous::f"},
              {"`anonymous namespace'::f", "?anonymous::f"},
              {"app::(anonymous namespace)::f()", "app::?anonymous::f"}});
}

TEST(CanonicalFunction, clones_thunks_and_decorations_go) {
  expect_all({{"parse(int) [clone .part.0]", "parse"},
              {"parse.constprop.0.isra.0", "parse"},
              {"parse.cold", "parse"},
              {"non-virtual thunk to app::V::f()", "app::V::f"},
              {"app::V::f`adjustor{8}'", "app::V::f"},
              {"_callback@16", "callback"},
              {"@fast@8", "fast"},
              {"app::run::h0123456789abcdef", "app::run"}});
}

TEST(CanonicalFunction, broken_names_end_and_give_something) {
  expect_all({{"f(int", "f"},
              {"f<int", "f<*>"},
              {"f)>", "f)>"},
              {"()", "()"},
              {"{", "?lambda"},
              {"'lambda", "?lambda"},
              {"operator", "operator"}});
}

TEST(CanonicalModule, is_the_lower_case_name_without_path_and_extension) {
  EXPECT_EQ(canonical_module(R"(C:\App\Parser.DLL)"), "parser");
  EXPECT_EQ(canonical_module("crash_test.exe"), "crash_test");
  EXPECT_EQ(canonical_module("a/b/libstdc++-6.dll"), "libstdc++-6");
  EXPECT_EQ(canonical_module(".dll"), ".dll");
  EXPECT_EQ(canonical_module(""), "");
}

TEST(CanonicalName, of_a_canonical_name_is_that_name) {
  for (const char* name :
       {"_f@8@16", "f.cold@12", "virtual thunk to non-virtual thunk to a::b()", "operator new(unsigned long)",
        "a::operator()(int) const", "a::operator< <int>(int)", "f::{lambda(int)#1}::operator()(int) const"}) {
    const std::string canonical = canonical_function(name);
    EXPECT_EQ(canonical_function(canonical), canonical) << name;
  }
}

}  // namespace
}  // namespace catcher
