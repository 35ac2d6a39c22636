#pragma once

#include <catcher/run_report.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace catcher {

// How a report is written for a person.
struct TextOptions {
  bool colour = false;  // ANSI colours
  bool ascii = false;   // no characters to draw with beyond ASCII
  bool full = false;    // everything; otherwise what fits on about one screen
  // The text of one line of a source file, 1-based; nothing where the file is not there. Empty: no source lines are
  // shown.
  std::function<std::optional<std::string>(const std::string& file, std::uint32_t line)> source_line;
};

// The report for a person: several lines, each ended by a line feed, safe for a terminal whatever the debuggee's text
// was. Empty where there is nothing to say: a normal end without warnings, unless `full`.
std::string to_text(const RunReport& report, const TextOptions& options = {});

}  // namespace catcher
