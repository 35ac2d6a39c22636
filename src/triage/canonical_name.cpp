#include "triage/canonical_name.h"

#include "triage/path_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

namespace catcher {

namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};

constexpr std::string_view kAnonymous = "?anonymous";
constexpr std::string_view kLambda = "?lambda";

// Names of nothing, as the compilers write them.
constexpr std::array kUnnamed = {
    Replacement{"(anonymous namespace)", kAnonymous},     // Itanium ABI
    Replacement{"{anonymous}", kAnonymous},               // GCC
    Replacement{"`anonymous namespace'", kAnonymous},     // MSVC
    Replacement{"`anonymous-namespace'", kAnonymous},     // MSVC, PDB
    Replacement{"anonymous namespace::", "?anonymous::"}  // MSVC, undecorated
};

// What stands before the name of the function that a thunk leads to.
constexpr std::array<std::string_view, 4> kThunks = {"non-virtual thunk to ", "virtual thunk to ",
                                                     "[thunk]:", "covariant return thunk to "};

// What optimisers append to the parts that they cut a function into.
constexpr std::array<std::string_view, 7> kClones = {".isra",     ".part", ".constprop", ".cold",
                                                     ".lto_priv", ".llvm", ".localalias"};

// Words that may follow the arguments.
constexpr std::array<std::string_view, 6> kQualifiers = {" const", " volatile", " noexcept", " &&", " &", " __ptr64"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '?';
}

// The symbols of the operator function whose keyword ends at `at`: "()", "<<", "->"; empty for "operator new" and
// conversions.
std::string_view operator_symbols(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 13> kWithBrackets = {"()", "[]", "<<=", ">>=", "<=>", "->*", "<<",
                                                              ">>", "<=", ">=",  "->",  "<",   ">"};
  const auto found =
      std::ranges::find_if(kWithBrackets, [&](std::string_view s) { return text.substr(at).starts_with(s); });
  return found == kWithBrackets.end() ? std::string_view{} : *found;
}

// The index behind the bracket that closes the one at `open`, or the end of a text that was cut off.
std::size_t behind_closing(std::string_view text, std::size_t open, char opening, char closing) {
  std::size_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    const bool arrow = closing == '>' && i > 0 && text[i - 1] == '-';
    if (opening == '<' && text[i] == '(') {
      i = behind_closing(text, i, '(', ')') - 1;  // "<(1>0)>"
    } else if (text[i] == opening) {
      ++depth;
    } else if (text[i] == closing && !arrow && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

bool ends_with_operator(std::string_view text) {
  constexpr std::string_view kKeyword = "operator";
  return text.ends_with(kKeyword) &&
         (text.size() == kKeyword.size() || !is_name_character(text[text.size() - kKeyword.size() - 1]));
}

// Drops every (...), [...] and makes every <...> one <*>; keeps the brackets that are an operator's name.
std::string without_arguments(std::string_view text) {
  std::string bare;
  for (std::size_t i = 0; i < text.size();) {
    if (ends_with_operator(bare)) {
      if (const std::string_view symbols = operator_symbols(text, i); !symbols.empty()) {
        bare += symbols;
        i += symbols.size();
        continue;
      }
    }
    switch (text[i]) {
      case '(':
        i = behind_closing(text, i, '(', ')');
        if (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0) {
          bare += ' ';  // MSVC: "f(void)const"
        }
        break;
      case '<': {
        const std::size_t end = behind_closing(text, i, '<', '>');
        bare += text.substr(i).starts_with("<lambda") ? kLambda : std::string_view("<*>");
        i = end;
        break;
      }
      case '{': {  // {lambda(int)#1}, {closure#0}
        i = behind_closing(text, i, '{', '}');
        bare += kLambda;
        break;
      }
      case '[':
        i = behind_closing(text, i, '[', ']');
        break;
      default:
        bare += text[i++];
    }
  }
  return bare;
}

void drop_qualifiers(std::string& name) {
  for (bool dropped = true; dropped;) {
    dropped = false;
    while (name.ends_with(' ')) {
      name.pop_back();
    }
    for (const std::string_view qualifier : kQualifiers) {
      if (name.ends_with(qualifier)) {
        name.resize(name.size() - qualifier.size());
        dropped = true;
      }
    }
  }
}

// Return type and calling convention stand before the last space, unless that is part of "operator new".
void drop_return_type(std::string& name) {
  const std::size_t keyword = name.rfind("operator");
  const std::size_t space = name.rfind(' ', keyword);
  if (space != std::string::npos) {
    name.erase(0, space + 1);
  }
}

void drop_clone_suffix(std::string& name) {
  for (const std::string_view clone : kClones) {
    const std::size_t at = name.find(clone);
    if (at == std::string::npos || at == 0) {
      continue;
    }
    const std::size_t end = at + clone.size();
    if (end == name.size() || name[end] == '.') {
      name.resize(at);
    }
  }
}

// "$_0", "'lambda'" and "'lambda1'" are clang's lambdas.
void collapse_clang_lambdas(std::string& name) {
  for (std::size_t at = name.find("'lambda"); at != std::string::npos; at = name.find("'lambda")) {
    const std::size_t end = name.find('\'', at + 1);
    name.replace(at, end == std::string::npos ? std::string::npos : end + 1 - at, kLambda);
  }
  for (std::size_t at = name.find("$_"); at != std::string::npos; at = name.find("$_")) {
    std::size_t end = at + 2;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) {
      ++end;
    }
    name.replace(at, end - at, kLambda);
  }
}

// "_function@12" is a 32-bit stdcall function; "function::h0123456789abcdef" carries Rust's hash.
void drop_decoration(std::string& name) {
  const auto all_of_tail = [&](std::size_t from, int (*is)(int)) {
    return from < name.size() && std::all_of(
                                     name.begin() + static_cast<std::ptrdiff_t>(from), name.end(),
                                     [&](char c) { return is(static_cast<unsigned char>(c)) != 0; });
  };
  if (const std::size_t at = name.rfind('@'); at != std::string::npos && all_of_tail(at + 1, std::isdigit)) {
    name.resize(at);
    if (name.starts_with('_') || name.starts_with('@')) {
      name.erase(0, 1);
    }
  }
  constexpr std::size_t kRustHash = 16;
  if (const std::size_t at = name.rfind("::h");
      at != std::string::npos && name.size() == at + 3 + kRustHash && all_of_tail(at + 3, std::isxdigit)) {
    name.resize(at);
  }
}

std::string with_less(std::string_view function) {
  std::string name(function);
  for (const std::string_view thunk : kThunks) {
    if (name.starts_with(thunk)) {
      name.erase(0, thunk.size());
    }
  }
  if (const std::size_t adjustor = name.find("`adjustor{"); adjustor != std::string::npos) {
    name.resize(adjustor);
  }
  for (const Replacement& unnamed : kUnnamed) {
    replace_all(name, unnamed.from, unnamed.to);
  }
  collapse_clang_lambdas(name);
  name = without_arguments(name);
  drop_qualifiers(name);
  drop_return_type(name);
  drop_clone_suffix(name);
  drop_decoration(name);
  return name.empty() ? std::string(function) : name;
}

}  // namespace

std::string canonical_function(std::string_view function) {
  std::string name = with_less(function);
  // What was taken off may have hidden more of it: a thunk of a clone, a decoration behind a decoration. Each turn that
  // changes something leaves fewer brackets and marks, so that it ends.
  for (std::string next = with_less(name); next != name; next = with_less(name)) {
    name = std::move(next);
  }
  return name;
}

std::string canonical_module(std::string_view module) {
  module = file_name_of(module);
  if (const std::size_t dot = module.rfind('.'); dot != std::string_view::npos && dot > 0) {
    module = module.substr(0, dot);
  }
  std::string name(module);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace catcher
