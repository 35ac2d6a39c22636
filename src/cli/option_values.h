#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace catcher {

// How options are declared and their values are read, the same way for every group of options. The words are kept as
// they were typed; what they mean is worked out afterwards, so that every error is one line of our own.

// One option of the command line.
struct OptionText {
  const char* name;   // "--timeout", "-q,--quiet"
  const char* value;  // what stands for its value in the help: TIME
  const char* help;
  const char* group;  // heading in the help
};

// An option with one value; given twice, the last one counts.
void add_text(CLI::App& app, const OptionText& text, std::optional<std::string>& value);

// An option that may be given several times, one value each.
void add_list(CLI::App& app, const OptionText& text, std::vector<std::string>& values);

// An option without a value.
void add_switch(CLI::App& app, const OptionText& text, bool& value);

// Throws UsageError.
[[noreturn]] void fail(std::string_view message);

// A word of the user's in quotes, safe to print.
std::string shown(std::string_view word);

// The parts of "a,b,c".
std::vector<std::string> split(std::string_view list);

// The value of an option, or UsageError with the option, the word and what would be right.
std::chrono::milliseconds duration_value(std::string_view option, std::string_view word);
std::uint64_t size_value(std::string_view option, std::string_view word);
std::uint32_t number_value(std::string_view option, std::string_view word);  // 0 too
std::uint32_t count_value(std::string_view option, std::string_view word);
const std::string& not_empty(std::string_view option, const std::string& word);

}  // namespace catcher
