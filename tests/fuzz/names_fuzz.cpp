// Names of functions, types and modules, as symbols and debuggees give them.
#include "evidence/demangle.h"
#include "evidence/msvc_type_name.h"
#include "evidence/symbol_text.h"
#include "fuzz_input.h"
#include "triage/canonical_name.h"
#include "triage/path_name.h"
#include "triage/skipped_frames.h"
#include "utf8_check.h"

namespace catcher::fuzz {
namespace {

constexpr std::size_t kLongestShown = 2048 + 3;

void check_shown(std::string_view name) {
  const auto points = code_points(name);
  require(points.has_value(), "a readable name is UTF-8");
  require(std::none_of(points->begin(), points->end(), is_control), "a readable name has no control characters");
  require(name.size() <= kLongestShown, "a readable name is bounded");
}

void check_readable(std::string_view symbol) {
  check_shown(readable_name(symbol));
  check_shown(readable_msvc_type(symbol));
  const std::string_view whole = without_clone_suffix(symbol);
  require(symbol.starts_with(whole), "without its suffix a name is its own beginning");
  require(without_clone_suffix(whole) == whole, "all suffixes go at once");
}

void check_canonical(std::string_view function) {
  const std::string name = canonical_function(function);
  require(name.empty() == function.empty(), "a name does not vanish");
  require(name.size() <= 4 * function.size() + 8, "a canonical name is bounded");
  require(canonical_function(name) == name, "a canonical name is canonical");
}

void check_module(std::string_view path) {
  const std::string name = canonical_module(path);
  require(name.find_first_of("\\/") == std::string::npos, "a module's name has no directory");
  require(name.size() <= path.size(), "a module's name is part of its path");
  const std::string_view file = file_name_of(path);
  require(path.ends_with(file), "a file name is the end of its path");
  require(canonical_module(file) == name, "a directory says nothing");
  require(!is_plain_file_name(file) || is_plain_file_name(file_name_of(file)), "a file name stays one");
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  const std::string_view text = as_text(data, size);
  check_readable(text);
  check_canonical(text);
  check_module(text);
  const std::string_view pattern = text.substr(0, text.find('\n'));
  require(catcher::matches_pattern("*", text), "a star matches everything");
  require(catcher::matches_pattern(pattern, pattern), "a pattern matches itself");
  catcher::matches_pattern(pattern, text);
  return 0;
}
