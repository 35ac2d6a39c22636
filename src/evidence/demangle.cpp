#include "evidence/demangle.h"

#include "evidence/demangle_itanium.h"
#include "evidence/demangle_msvc.h"
#include "evidence/symbol_text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace catcher {
namespace {

constexpr std::size_t kMaxMangled = 4096;  // demanglers recurse over the name
constexpr std::size_t kMaxReadable = 4096;

constexpr std::array<std::string_view, 6> kCloneSuffixes = {".cold",      ".part",     ".isra",
                                                            ".constprop", ".lto_priv", ".llvm"};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "a::b::h0123456789abcdef": Rust's legacy names end in a hash that differs from build to build.
std::string without_rust_hash(std::string name) {
  constexpr std::size_t kHashSize = 19;  // "::h" and 16 digits
  if (name.size() <= kHashSize) {
    return name;
  }
  const std::string_view tail = std::string_view(name).substr(name.size() - kHashSize);
  const bool is_hash =
      tail.substr(0, 3) == "::h" && tail.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
  if (is_hash) {
    name.resize(name.size() - kHashSize);
  }
  return name;
}

// "_Sleep@4", "@fast@8", "vector@@16": 32-bit functions that take their arguments off the stack are named with the size
// of these ("Decorated names" on Microsoft Learn). Without it the same function has one name in both kinds of process.
std::string_view without_argument_size(std::string_view symbol) {
  const std::size_t at = symbol.rfind('@');
  if (at == std::string_view::npos || at == 0 || !is_digits(symbol.substr(at + 1))) {
    return symbol;
  }
  std::string_view name = symbol.substr(0, at);
  if (name.back() == '@') {
    name.remove_suffix(1);
  } else if (name.front() == '@' || name.front() == '_') {
    name.remove_prefix(1);
  }
  return name.empty() || name.find('@') != std::string_view::npos ? symbol : name;
}

std::optional<std::string> demangle(std::string_view symbol) {
  if (symbol.size() > kMaxMangled) {
    return std::nullopt;
  }
  if (symbol.substr(0, 2) == "_Z" || symbol.substr(0, 3) == "__Z") {
    auto name = demangle_itanium(symbol.substr(symbol[1] == '_' ? 1 : 0), kMaxReadable);
    return name ? std::optional(without_rust_hash(std::move(*name))) : std::nullopt;
  }
  if (symbol.substr(0, 1) == "?") {
    return undecorate_msvc_name(symbol);
  }
  return std::nullopt;
}

}  // namespace

std::string_view without_clone_suffix(std::string_view symbol) {
  while (true) {
    const std::size_t dot = symbol.rfind('.');
    if (dot == std::string_view::npos || dot == 0) {
      return symbol;
    }
    std::string_view suffix = symbol.substr(dot);
    std::size_t begin = dot;
    if (is_digits(suffix.substr(1))) {  // the number of the one before
      begin = symbol.rfind('.', dot - 1);
      if (begin == std::string_view::npos || begin == 0) {
        return symbol;
      }
      suffix = symbol.substr(begin, dot - begin);
    }
    if (std::find(kCloneSuffixes.begin(), kCloneSuffixes.end(), suffix) == kCloneSuffixes.end()) {
      return symbol;
    }
    symbol = symbol.substr(0, begin);
  }
}

std::string readable_name(std::string_view symbol) {
  const std::string_view name = without_clone_suffix(symbol);
  const auto readable = demangle(name);
  return printable(readable ? *readable : without_argument_size(name));
}

}  // namespace catcher
