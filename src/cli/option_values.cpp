#include "cli/option_values.h"

#include "cli/number.h"
#include "cli/usage_error.h"
#include "report/escape.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

namespace catcher {

void add_text(CLI::App& app, const OptionText& text, std::optional<std::string>& value) {
  app.add_option(text.name, value, text.help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->type_name(text.value)
      ->group(text.group);
}

void add_list(CLI::App& app, const OptionText& text, std::vector<std::string>& values) {
  // One value an occurrence, or a list option would take the words behind it as well.
  app.add_option(text.name, values, text.help)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name(text.value)
      ->group(text.group);
}

void add_switch(CLI::App& app, const OptionText& text, bool& value) {
  app.add_flag(text.name, value, text.help)->group(text.group);
}

void fail(std::string_view message) {
  throw UsageError(std::string(message));
}

std::string shown(std::string_view word) {
  return "'" + escape_for_terminal(word) + "'";
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    parts.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::chrono::milliseconds duration_value(std::string_view option, std::string_view word) {
  const auto result = parse_duration(word);
  if (!result) {
    fail(fmt::format("{} {}: not a duration; give 5, 5s, 500ms, 2m or 1h", option, shown(word)));
  }
  return *result;
}

std::uint64_t size_value(std::string_view option, std::string_view word) {
  const auto result = parse_size(word);
  if (!result) {
    fail(fmt::format("{} {}: not a size; give 512M, 2G, 64K or a number of bytes, at least 1", option, shown(word)));
  }
  return *result;
}

std::uint32_t number_value(std::string_view option, std::string_view word) {
  const auto result = parse_number(word);
  if (!result || word.starts_with("-")) {
    fail(fmt::format("{} {}: not a count; give a number", option, shown(word)));
  }
  return *result;
}

std::uint32_t count_value(std::string_view option, std::string_view word) {
  const auto result = parse_number(word);
  if (!result || *result == 0 || word.starts_with("-")) {
    fail(fmt::format("{} {}: not a count; give a number, at least 1", option, shown(word)));
  }
  return *result;
}

const std::string& not_empty(std::string_view option, const std::string& word) {
  if (word.empty()) {
    fail(fmt::format("{} '': give a name", option));
  }
  return word;
}

}  // namespace catcher
