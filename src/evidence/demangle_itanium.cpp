#include "evidence/demangle_itanium.h"

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

#if defined(__GLIBCXX__)
// libstdc++'s demangler in pieces: <cxxabi.h> leaves it undeclared, but it is exported under this name for its own
// terminate handler. abi::__cxa_demangle would build the whole text, however long, before anybody could say stop.
extern "C" int __gcclibcxx_demangle_callback(  // NOLINT(readability-identifier-naming): libstdc++'s name
    const char* symbol, void (*piece)(const char*, std::size_t, void*), void* context);
#endif

namespace catcher {
namespace {

#if defined(__GLIBCXX__)

struct TooLong {};

struct Output {
  std::string text;
  std::size_t limit;
};

void take_piece(const char* piece, std::size_t size, void* context) {
  auto& output = *static_cast<Output*>(context);
  if (output.text.size() + size > output.limit) {
    throw TooLong();  // the demangler holds its state on the stack only, so that unwinding through it loses nothing
  }
  output.text.append(piece, size);
}

std::optional<std::string> demangle_bounded(const std::string& symbol, std::size_t limit) {
  Output output{{}, limit};
  try {
    if (__gcclibcxx_demangle_callback(symbol.c_str(), &take_piece, &output) != 0) {
      return std::nullopt;
    }
  } catch (const TooLong&) {
    return std::nullopt;
  }
  return std::move(output.text);
}

#else

// No C++ runtime function that can be stopped: the name stays as it is.
std::optional<std::string> demangle_bounded(const std::string&, std::size_t) {
  return std::nullopt;
}

#endif

}  // namespace

std::optional<std::string> demangle_itanium(std::string_view symbol, std::size_t limit) {
  if (symbol.substr(0, 2) != "_Z" || symbol.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return demangle_bounded(std::string(symbol), limit);
}

}  // namespace catcher
