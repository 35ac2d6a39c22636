#include "evidence/cxx_exception.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <windows.h>

#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "own_memory.h"
#include "synthetic_memory.h"

namespace thrown_types {

struct Plain {};
struct Derived : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Tag {
  virtual ~Tag() = default;
  int value = 7;
};
struct Second : Tag, std::logic_error {
  using std::logic_error::logic_error;
};
struct Virtual : virtual Tag, virtual std::runtime_error {
  Virtual() : std::runtime_error("from a virtual base") {}
};
template <typename T>
struct Generic : std::range_error {
  Generic() : std::range_error("generic") {}
};

}  // namespace thrown_types

namespace catcher {
namespace {

using testing::HasSubstr;

// --- Real throws of the compiler that built this test, seen as a debugger sees them.
// ---------------------------------------------

#if defined(__GNUC__) && defined(__x86_64__)

thread_local std::optional<CxxException> seen;

LONG CALLBACK decode_first_chance(EXCEPTION_POINTERS* pointers) {
  const EXCEPTION_RECORD& record = *pointers->ExceptionRecord;
  std::vector<std::uint64_t> parameters(record.ExceptionInformation,
                                        record.ExceptionInformation + record.NumberParameters);
  if (is_cxx_throw(record.ExceptionCode)) {
    seen = decode_cxx_exception(OwnMemory(), record.ExceptionCode, parameters, true);
  }
  return EXCEPTION_CONTINUE_SEARCH;
}

std::optional<CxxException> decode_throw(const std::function<void()>& thrower) {
  seen.reset();
  void* const handler = AddVectoredExceptionHandler(1, decode_first_chance);
  try {
    thrower();
  } catch (...) {
    // What was thrown is what the handler has decoded.
  }
  RemoveVectoredExceptionHandler(handler);
  return seen;
}

void expect_throw(const std::function<void()>& thrower, const std::string& type, const std::string& what) {
  const auto exception = decode_throw(thrower);
  ASSERT_TRUE(exception) << type;
  EXPECT_EQ(exception->type, type);
  EXPECT_EQ(exception->what, what);
}

TEST(CxxThrow, a_standard_exception_shows_type_and_text) {
  expect_throw([] { throw std::runtime_error("no such thing"); }, "std::runtime_error", "no such thing");
  expect_throw([] { throw std::invalid_argument("bad"); }, "std::invalid_argument", "bad");
}

TEST(CxxThrow, a_class_derived_from_a_standard_exception_shows_its_own_type) {
  expect_throw([] { throw thrown_types::Derived("derived text"); }, "thrown_types::Derived", "derived text");
}

TEST(CxxThrow, the_text_is_found_in_a_second_base) {
  expect_throw([] { throw thrown_types::Second("second base"); }, "thrown_types::Second", "second base");
}

TEST(CxxThrow, the_text_is_found_in_a_virtual_base) {
  expect_throw([] { throw thrown_types::Virtual(); }, "thrown_types::Virtual", "from a virtual base");
}

TEST(CxxThrow, a_template_shows_its_arguments) {
  expect_throw([] { throw thrown_types::Generic<std::vector<int>>(); },
               "thrown_types::Generic<std::vector<int, std::allocator<int> > >", "generic");
}

TEST(CxxThrow, an_exception_without_text_shows_its_type) {
  expect_throw([] { throw thrown_types::Plain(); }, "thrown_types::Plain", "");
  expect_throw([] { throw std::bad_alloc(); }, "std::bad_alloc", "");
}

TEST(CxxThrow, plain_values_show_themselves) {
  expect_throw([] { throw 42; }, "int", "42");
  expect_throw([] { throw "just text"; }, "char const*", "just text");
  EXPECT_EQ(decode_throw([] { throw std::string("a string that is not short at all"); })->what,
            "a string that is not short at all");
}

TEST(CxxThrow, a_rethrown_exception_pointer_shows_the_original) {
  const auto pointer = std::make_exception_ptr(thrown_types::Derived("original"));
  expect_throw([&] { std::rethrow_exception(pointer); }, "thrown_types::Derived", "original");
}

TEST(CxxThrow, a_system_error_shows_its_composed_text) {
  const auto exception = decode_throw([] { throw std::system_error(5, std::generic_category(), "open"); });
  ASSERT_TRUE(exception);
  EXPECT_EQ(exception->type, "std::system_error");
  EXPECT_THAT(exception->what, HasSubstr("open"));
}

TEST(CxxThrow, a_very_long_text_is_cut) {
  const auto exception = decode_throw([] { throw std::runtime_error(std::string(100000, 'x')); });
  ASSERT_TRUE(exception);
  EXPECT_GE(exception->what.size(), 1000U);
  EXPECT_LE(exception->what.size(), 1100U);
}

#endif

// --- The MSVC ABI, laid out by hand.
// ---------------------------------------------------------------------------------------------

constexpr Address kImage{0x140000000};
constexpr Address kObject{0x900000};

// A throw of `types`, the object's own first, whose std::exception lies at `member` in the object.
struct MsvcThrow {
  SyntheticMemory memory;
  bool is_64_bit;

  explicit MsvcThrow(bool x64) : is_64_bit(x64) {}

  std::uint32_t reference(std::uint32_t rva) const { return is_64_bit ? rva : rva + 0x400000U; }
  Address at(std::uint32_t rva) const { return is_64_bit ? kImage + rva : Address{0x400000ULL + rva}; }
  void put_pointer(Address where, std::uint64_t value) {
    if (is_64_bit) {
      memory.put(where, value);
    } else {
      memory.put(where, static_cast<std::uint32_t>(value));
    }
  }

  void lay_out(const std::vector<std::string>& types, std::int32_t member = 0, std::int32_t vbtable = -1,
               std::int32_t in_vbtable = 0) {
    memory.fill(at(0x1000), 16);
    memory.put(at(0x100C), reference(0x2000));
    memory.put(at(0x2000), static_cast<std::uint32_t>(types.size()));
    std::uint32_t rva = 0x3000;
    for (std::size_t i = 0; i < types.size(); ++i, rva += 0x200) {
      memory.put(at(static_cast<std::uint32_t>(0x2004 + i * 4)), reference(rva));
      memory.put(at(rva), std::uint32_t{0});
      memory.put(at(rva + 4), reference(rva + 0x100));
      memory.put(at(rva + 8), member);
      memory.put(at(rva + 12), vbtable);
      memory.put(at(rva + 16), in_vbtable);
      memory.put_text(at(rva + 0x100 + (is_64_bit ? 16 : 8)), types[i]);
    }
  }

  std::vector<std::uint64_t> parameters() const {
    std::vector<std::uint64_t> values{0x19930520, kObject.value, at(0x1000).value};
    if (is_64_bit) {
      values.push_back(kImage.value);
    }
    return values;
  }

  std::optional<CxxException> decode() const {
    return decode_cxx_exception(memory, kMsvcThrow, parameters(), is_64_bit);
  }
};

class MsvcCxxThrow : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(, MsvcCxxThrow, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "x64" : "x86"; });

TEST_P(MsvcCxxThrow, type_and_text_are_read) {
  MsvcThrow thrown(GetParam());
  thrown.lay_out({".?AVruntime_error@std@@", ".?AVexception@std@@"});
  thrown.put_pointer(kObject + (GetParam() ? 8U : 4U), 0x910000);
  thrown.memory.put_text({0x910000}, "broken");
  const auto exception = thrown.decode();
  ASSERT_TRUE(exception);
  EXPECT_EQ(exception->type, "std::runtime_error");
  EXPECT_EQ(exception->what, "broken");
}

TEST_P(MsvcCxxThrow, a_base_that_does_not_lie_first_is_found_by_its_offset) {
  MsvcThrow thrown(GetParam());
  thrown.lay_out({".?AUMyErr@app@@", ".?AVexception@std@@"}, 0x20);
  thrown.put_pointer(kObject + 0x20 + (GetParam() ? 8U : 4U), 0x910000);
  thrown.memory.put_text({0x910000}, "second");
  EXPECT_EQ(thrown.decode()->what, "second");
}

TEST_P(MsvcCxxThrow, a_virtual_base_is_found_through_its_table) {
  MsvcThrow thrown(GetParam());
  thrown.lay_out({".?AUMyErr@app@@", ".?AVexception@std@@"}, 0, 8, 4);
  thrown.put_pointer(kObject + 8, 0x920000);
  thrown.memory.put(Address{0x920004}, std::int32_t{0x30});
  thrown.put_pointer(kObject + 8 + 0x30 + (GetParam() ? 8U : 4U), 0x910000);
  thrown.memory.put_text({0x910000}, "virtual");
  EXPECT_EQ(thrown.decode()->what, "virtual");
}

TEST_P(MsvcCxxThrow, plain_types_are_named_and_a_thrown_string_is_its_own_text) {
  MsvcThrow number(GetParam());
  number.lay_out({".H"});
  number.memory.put(kObject, std::int32_t{-3});
  EXPECT_EQ(number.decode()->type, "int");
  EXPECT_EQ(number.decode()->what, "-3");
  MsvcThrow text(GetParam());
  text.lay_out({GetParam() ? ".PEBD" : ".PBD"});
  text.put_pointer(kObject, 0x910000);
  text.memory.put_text({0x910000}, "oops");
  EXPECT_EQ(text.decode()->type, "const char *");
  EXPECT_EQ(text.decode()->what, "oops");
}

TEST_P(MsvcCxxThrow, a_rethrow_names_nothing) {
  const MsvcThrow thrown(GetParam());
  auto parameters = thrown.parameters();
  parameters[1] = 0;
  parameters[2] = 0;
  EXPECT_FALSE(decode_cxx_exception(thrown.memory, kMsvcThrow, parameters, GetParam()));
}

TEST_P(MsvcCxxThrow, too_few_parameters_or_a_foreign_magic_name_nothing) {
  MsvcThrow thrown(GetParam());
  thrown.lay_out({".H"});
  auto parameters = thrown.parameters();
  parameters.pop_back();
  EXPECT_FALSE(decode_cxx_exception(thrown.memory, kMsvcThrow, parameters, GetParam()));
  parameters = thrown.parameters();
  parameters[0] = 0x12345678;
  EXPECT_FALSE(decode_cxx_exception(thrown.memory, kMsvcThrow, parameters, GetParam()));
}

TEST_P(MsvcCxxThrow, a_huge_count_of_types_is_not_followed) {
  MsvcThrow thrown(GetParam());
  thrown.lay_out({".?AUMyErr@app@@"});
  thrown.memory.put(thrown.at(0x2000), std::uint32_t{0xFFFFFFFF});
  EXPECT_EQ(thrown.decode()->type, "app::MyErr");
}

TEST(MsvcCxxThrowX86, parameters_that_were_widened_with_sign_are_cut_back) {
  MsvcThrow thrown(false);
  thrown.lay_out({".?AUMyErr@app@@"});
  auto parameters = thrown.parameters();
  parameters[2] |= 0xFFFFFFFF00000000;
  ASSERT_TRUE(decode_cxx_exception(thrown.memory, kMsvcThrow, parameters, false));
}

// --- Hostile memory.
// ----------------------------------------------------------------------------------------------------------------

// Answers every read with bytes made from the address: pointers lead everywhere, strings have no end.
class EndlessMemory final : public MemoryReader {
 public:
  explicit EndlessMemory(std::uint64_t seed) : seed_(seed) {}
  std::size_t read(Address from, std::span<std::byte> into) const noexcept override {
    std::mt19937_64 random(from.value ^ seed_);
    for (std::byte& byte : into) {
      byte = static_cast<std::byte>((random() & 0x3F) + 0x21);
    }
    return into.size();
  }

 private:
  std::uint64_t seed_;
};

TEST(CxxException, memory_without_end_gives_a_bounded_answer) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const bool is_64_bit : {true, false}) {
      const std::vector<std::uint64_t> parameters{0x19930520, 0x1000, 0x2000, 0x3000};
      const auto exception = decode_cxx_exception(EndlessMemory(seed), kMsvcThrow, parameters, is_64_bit);
      EXPECT_LT(exception ? exception->type.size() + exception->what.size() : 0, 8000U);
    }
  }
}

TEST(CxxException, a_type_that_is_its_own_base_ends) {
  SyntheticMemory memory;
  const Address header{0x5000};
  const Address type{0x6000};
  memory.put(header, std::uint64_t{0x474E5543432B2B00});
  memory.put(header - 80, type.value);
  memory.put(type, std::uint64_t{0x7008});             // vtable
  memory.put(type + 8, std::uint64_t{0x8000});         // name
  memory.put(type + 16, std::uint64_t{16ULL << 32U});  // 16 bases
  for (unsigned i = 0; i < 16; ++i) {
    memory.put(type + 24 + i * 16ULL, type.value);
    memory.put(type + 32 + i * 16ULL, std::int64_t{0});
  }
  memory.put(Address{0x7000}, std::uint64_t{0x9000});
  memory.put(Address{0x9008}, std::uint64_t{0xA000});
  memory.put_text({0x8000}, "4Loop");
  memory.put_text({0xA000}, "N10__cxxabiv121__vmi_class_type_infoE");
  const std::vector<std::uint64_t> parameters{header.value};
  const auto exception = decode_cxx_exception(memory, kGccThrow, parameters, true);
  ASSERT_TRUE(exception);
  EXPECT_EQ(exception->type, "Loop");
  EXPECT_EQ(exception->what, "");
}

TEST(CxxException, other_codes_and_foreign_languages_are_not_decoded) {
  SyntheticMemory memory;
  memory.put(Address{0x5000}, std::uint64_t{0x474E55434F424A43});  // "GNUCOBJC"
  const std::vector<std::uint64_t> parameters{0x5000};
  EXPECT_FALSE(decode_cxx_exception(memory, kGccThrow, parameters, true));
  EXPECT_FALSE(decode_cxx_exception(memory, 0xC0000005, parameters, true));
  EXPECT_FALSE(decode_cxx_exception(memory, kGccThrow, {}, true));
}

}  // namespace
}  // namespace catcher
