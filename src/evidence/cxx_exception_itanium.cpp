#include "evidence/cxx_exception_itanium.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "evidence/cxx_exception_text.h"
#include "evidence/demangle_itanium.h"
#include "evidence/symbol_text.h"

namespace catcher {
namespace {

// exception_class of an _Unwind_Exception: vendor and language as eight characters, the first the highest byte. The
// lowest byte is 1 for an exception that refers to another one (std::rethrow_exception).
constexpr std::uint64_t kGnuCxx = 0x474E5543432B2B00;  // "GNUCC++\0"
constexpr std::uint64_t kClangCxx =
    0x434C4E47432B2B00;  // "CLNGC++\0", libc++abi: the same layout as far as it is read here
constexpr std::uint64_t kDependent = 1;

// __cxa_exception ends with its _Unwind_Exception, which is 64 bytes with SEH; the thrown object follows.
constexpr std::uint64_t kTypeBeforeHeader = 80;
constexpr std::uint64_t kObjectAfterHeader = 64;

constexpr std::size_t kLongestName = 2048;
constexpr int kDeepestBase = 16;
constexpr std::uint32_t kMostBases = 16;
constexpr int kMostTypes = 64;  // visited in all: a forged graph of bases has no end

enum class TypeKind { kOther, kClass, kSingleBase, kManyBases };

struct KindRow {
  std::string_view name;  // of the class of the type_info object itself
  TypeKind kind;
};

constexpr std::array<KindRow, 3> kKinds{{{"N10__cxxabiv117__class_type_infoE", TypeKind::kClass},
                                         {"N10__cxxabiv120__si_class_type_infoE", TypeKind::kSingleBase},
                                         {"N10__cxxabiv121__vmi_class_type_infoE", TypeKind::kManyBases}}};

// The mangled name in a type_info. GCC puts an asterisk before names that are unique to one translation unit.
std::string type_name(const MemoryReader& memory, Address type) {
  std::string name = read_text(memory, read_address(memory, type + 8, true), kLongestName);
  if (!name.empty() && name.front() == '*') {
    name.erase(0, 1);
  }
  return name;
}

TypeKind kind_of(const MemoryReader& memory, Address type) {
  const Address vtable = read_address(memory, type, true);
  const std::string meta = vtable ? type_name(memory, read_address(memory, vtable - 8, true)) : "";
  const auto row = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindRow& r) { return r.name == meta; });
  return row == kKinds.end() ? TypeKind::kOther : row->kind;
}

// Looks for the std::runtime_error or std::logic_error inside an object of class type: both keep their text behind the
// vtable pointer.
class WhatFinder {
 public:
  explicit WhatFinder(const MemoryReader& memory) : memory_(memory) {}

  std::optional<std::string> find(Address type, Address object, int depth = 0) {
    if (!type || !object || depth > kDeepestBase || ++visited_ > kMostTypes) {
      return std::nullopt;
    }
    const std::string name = type_name(memory_, type);
    if (name == "St13runtime_error" || name == "St11logic_error") {
      return read_message(memory_, read_address(memory_, object + 8, true));
    }
    switch (kind_of(memory_, type)) {
      case TypeKind::kSingleBase:
        return find(read_address(memory_, type + 16, true), object, depth + 1);
      case TypeKind::kManyBases:
        return find_in_bases(type, object, depth);
      case TypeKind::kClass:
      case TypeKind::kOther:
        return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> find_in_bases(Address type, Address object, int depth) {
    const std::uint32_t count = std::min(read_value<std::uint32_t>(memory_, type + 20).value_or(0), kMostBases);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Address entry = type + 24 + std::uint64_t{i} * 16;
      const auto flags = read_value<std::int64_t>(memory_, entry + 8);
      if (!flags) {
        return std::nullopt;
      }
      // The high bits are an offset: into the object, or for a virtual base into the vtable, where the object's offset
      // stands.
      std::int64_t offset = *flags >> 8;
      if ((*flags & 1) != 0) {
        const Address vtable = read_address(memory_, object, true);
        offset = read_value<std::int64_t>(memory_, vtable + static_cast<std::uint64_t>(offset)).value_or(0);
      }
      const Address base = object + static_cast<std::uint64_t>(offset);
      if (auto what = find(read_address(memory_, entry, true), base, depth + 1)) {
        return what;
      }
    }
    return std::nullopt;
  }

  const MemoryReader& memory_;
  int visited_ = 0;
};

template <typename T>
std::string number_at(const MemoryReader& memory, Address object) {
  const auto value = read_value<T>(memory, object);
  return value ? fmt::format("{}", *value) : std::string();
}

// What a thrown value that is not an exception class says: `throw "text"`, `throw std::string(…)`, `throw 42`.
std::string text_of_plain_value(const MemoryReader& memory, std::string_view mangled, Address object) {
  if (mangled == "PKc" || mangled == "Pc") {
    return read_message(memory, read_address(memory, object, true));
  }
  // libstdc++'s std::string begins with the pointer to its characters.
  if (mangled == "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE" || mangled == "Ss") {
    return read_message(memory, read_address(memory, object, true));
  }
  if (mangled == "i" || mangled == "l") {  // long has 32 bits on Windows
    return number_at<std::int32_t>(memory, object);
  }
  if (mangled == "j" || mangled == "m") {
    return number_at<std::uint32_t>(memory, object);
  }
  return mangled == "x"   ? number_at<std::int64_t>(memory, object)
         : mangled == "y" ? number_at<std::uint64_t>(memory, object)
                          : "";
}

std::string readable_type(const std::string& mangled) {
  constexpr std::string_view kPrefix =
      "typeinfo name for ";  // what _ZTS stands for: it makes a symbol of the bare type
  const auto readable = demangle_itanium("_ZTS" + mangled, kLongestName);
  if (!readable || readable->rfind(kPrefix, 0) != 0) {
    return printable(mangled);
  }
  return printable(std::string_view(*readable).substr(kPrefix.size()));
}

}  // namespace

std::optional<CxxException> decode_itanium_exception(const MemoryReader& memory,
                                                     std::span<const std::uint64_t> parameters, bool is_64_bit) {
  if (!is_64_bit || parameters.empty()) {
    return std::nullopt;
  }
  const Address header{parameters[0]};
  const std::uint64_t exception_class = read_value<std::uint64_t>(memory, header).value_or(0);
  if ((exception_class & ~kDependent) != kGnuCxx && (exception_class & ~kDependent) != kClangCxx) {
    return std::nullopt;
  }
  Address object = header + kObjectAfterHeader;
  Address type = read_address(memory, header - kTypeBeforeHeader, true);
  if ((exception_class & kDependent) != 0) {
    object = type;  // in its place stands the object of the exception that is referred to
    type = read_address(memory, object - kObjectAfterHeader - kTypeBeforeHeader, true);
  }
  const std::string mangled = type_name(memory, type);
  if (mangled.empty()) {
    return std::nullopt;
  }
  auto what = WhatFinder(memory).find(type, object);
  return CxxException{readable_type(mangled), what ? *what : text_of_plain_value(memory, mangled, object)};
}

}  // namespace catcher
