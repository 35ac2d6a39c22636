#include "report/github_annotations.h"

#include "report/escape.h"
#include "report/findings.h"
#include "triage/path_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace catcher {

namespace {

constexpr std::size_t kTitleLength = 120;
constexpr std::size_t kMessageLength = 4000;  // the runner cuts at 4,096

// The runner undoes these and no others; in a property also those for what ends one.
std::string encoded(std::string_view text, bool is_property) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (c == '%') {
      result += "%25";
    } else if (c == '\n') {
      result += "%0A";
    } else if (is_property && c == ':') {
      result += "%3A";
    } else if (is_property && c == ',') {
      result += "%2C";
    } else {
      result += c;
    }
  }
  return result;
}

// One line that is safe to print, in which no older form of a command stands: the runner looks for "##[" everywhere.
std::string harmless(std::string_view text) {
  std::string safe = escape_for_terminal(text);
  for (std::size_t at = safe.find("##["); at != std::string::npos; at = safe.find("##[", at)) {
    safe.replace(at, 3, "#\\x23[");
  }
  return safe;
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("{}={}", name, encoded(harmless(value), true));
}

std::string shortened(const std::string& text, std::size_t length) {
  std::size_t end = std::min(text.size(), length);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) {
    --end;
  }
  return end == text.size() ? text : text.substr(0, end) + "...";
}

std::string title_of(const Finding& finding) {
  const std::string_view program = file_name_of(finding.image);
  return shortened(program.empty() ? finding.type : fmt::format("{}: {}", program, finding.type), kTitleLength);
}

std::string message_of(const Finding& finding) {
  std::string message = harmless(finding.message);
  if (finding.crash != nullptr && !finding.crash->why.empty()) {
    message += fmt::format("\n{}: {}", harmless(finding.crash->severity), harmless(finding.crash->why));
  }
  if (!finding.bucket.empty()) {
    message += "\nbucket " + harmless(finding.bucket);
  }
  return encoded(shortened(message, kMessageLength), false);
}

std::string error_line(const Finding& finding) {
  std::string properties;
  if (finding.place != nullptr) {
    properties = property("file", finding.place->file) + fmt::format(",line={},", finding.place->line);
  }
  return fmt::format("::error {}{}::{}\n", properties, property("title", title_of(finding)), message_of(finding));
}

}  // namespace

std::string to_github_annotations(const RunReport& report) {
  std::string text;
  std::string repetitions;
  std::set<std::string> seen;
  for (const Finding& finding : findings_of(report)) {
    const bool is_new = finding.bucket.empty() || seen.insert(finding.bucket).second;
    (is_new ? text : repetitions) += error_line(finding);
  }
  text += repetitions;
  for (const std::string& warning : report.warnings) {
    text += fmt::format("::warning title=catcher::{}\n", encoded(shortened(harmless(warning), kMessageLength), false));
  }
  return text;
}

}  // namespace catcher
