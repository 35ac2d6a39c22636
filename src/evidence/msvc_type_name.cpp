#include "evidence/msvc_type_name.h"

#include <array>
#include <optional>
#include <vector>

#include "evidence/demangle.h"
#include "evidence/symbol_text.h"

namespace catcher {
namespace {

struct BasicType {
  std::string_view code;
  std::string_view name;
};

constexpr std::array<BasicType, 16> kBasicTypes{{{"C", "signed char"},
                                                 {"D", "char"},
                                                 {"E", "unsigned char"},
                                                 {"F", "short"},
                                                 {"G", "unsigned short"},
                                                 {"H", "int"},
                                                 {"I", "unsigned int"},
                                                 {"J", "long"},
                                                 {"K", "unsigned long"},
                                                 {"M", "float"},
                                                 {"N", "double"},
                                                 {"X", "void"},
                                                 {"_N", "bool"},
                                                 {"_J", "long long"},
                                                 {"_K", "unsigned long long"},
                                                 {"_W", "wchar_t"}}};

// Class, struct, union, enum: the letter in front of a name in the TypeDescriptor.
std::optional<std::string_view> without_class_key(std::string_view name) {
  for (const std::string_view key : {"?AV", "?AU", "?AT", "?AW4", "V", "U", "T", "W4"}) {
    if (name.substr(0, key.size()) == key) {
      return name.substr(key.size());
    }
  }
  return std::nullopt;
}

// "runtime_error@std@@": innermost name first. Nothing for templates, anonymous namespaces and back references.
std::optional<std::string> qualified_name(std::string_view scopes) {
  std::string text;
  while (!scopes.empty() && scopes.front() != '@') {
    const std::size_t end = scopes.find('@');
    const std::string_view part = scopes.substr(0, end);
    const bool digit = part.front() >= '0' && part.front() <= '9';
    if (end == std::string_view::npos || part.find('?') != std::string_view::npos || digit) {
      return std::nullopt;
    }
    text = text.empty() ? std::string(part) : std::string(part) + "::" + text;
    scopes.remove_prefix(end + 1);
  }
  return text.empty() || scopes != "@" ? std::nullopt : std::optional(text);
}

std::optional<std::string> simple_type(std::string_view code) {
  for (const BasicType& type : kBasicTypes) {
    if (type.code == code) {
      return std::string(type.name);
    }
  }
  const auto scopes = without_class_key(code);
  return scopes ? qualified_name(*scopes) : std::nullopt;
}

// Pointers, 32-bit and (with E) 64-bit: PEAD is char *, PEBD is const char *.
std::optional<std::string> pointer_type(std::string_view code) {
  if (code.substr(0, 1) != "P") {
    return std::nullopt;
  }
  code.remove_prefix(code.substr(1, 1) == "E" ? 2 : 1);
  const bool is_const = code.substr(0, 1) == "B";
  if (!is_const && code.substr(0, 1) != "A") {
    return std::nullopt;
  }
  const auto pointee = simple_type(code.substr(1));
  return pointee ? std::optional((is_const ? "const " : "") + *pointee + " *") : std::nullopt;
}

// dbghelp reads whole symbols only: the type becomes the symbol of its own descriptor.
std::optional<std::string> by_library(std::string_view code) {
  std::string readable = readable_name("??_R0" + std::string(code) + "@8");
  const std::size_t suffix = readable.find(" `RTTI Type Descriptor'");
  if (suffix == std::string::npos) {
    return std::nullopt;
  }
  readable.resize(suffix);
  for (const std::string_view key : {"class ", "struct ", "union ", "enum "}) {
    if (readable.rfind(key, 0) == 0) {
      readable.erase(0, key.size());
    }
  }
  return readable;
}

}  // namespace

std::string readable_msvc_type(std::string_view decorated) {
  if (decorated.substr(0, 1) != ".") {
    return printable(decorated);
  }
  const std::string_view code = decorated.substr(1);
  for (const auto& read : {simple_type, pointer_type, by_library}) {
    if (const auto name = read(code)) {
      return printable(*name);
    }
  }
  return printable(decorated);
}

}  // namespace catcher
