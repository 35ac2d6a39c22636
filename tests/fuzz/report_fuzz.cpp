// Reports of a run in which every text is hostile: the JSON keeps to its schema, the text does nothing to a terminal
// but what we mean.
#include "made_report.h"
#include "report/github_annotations.h"
#include "report/json_report.h"
#include "report/junit_report.h"
#include "report/sarif_report.h"
#include "report/text_report.h"
#include "schema_check.h"
#include "triage/fault_description.h"
#include "utf8_check.h"

#include <fstream>

namespace catcher::fuzz {
namespace {

void check_json(const RunReport& report) {
  static const nlohmann::json schema = [] {
    std::ifstream file(CATCHER_DOCS_DIR "/report.schema.json", std::ios::binary);
    return nlohmann::json::parse(file);
  }();
  const std::string text = to_json(report);
  require(code_points(text).has_value(), "a JSON report is UTF-8");
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  require(!value.is_discarded(), "a JSON report is JSON");
  const std::string wrong = check_against_schema(value, schema);
  require(wrong.empty(), "a JSON report keeps to its schema: " + wrong);
}

// The text without the colours that we put in ourselves.
std::string without_paint(std::string_view text) {
  constexpr std::string_view kPaint[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;33m"};
  std::string plain;
  while (!text.empty()) {
    const auto paint = std::find_if(std::begin(kPaint), std::end(kPaint), [&](auto p) { return text.starts_with(p); });
    if (paint == std::end(kPaint)) {
      plain += text.front();
      text.remove_prefix(1);
    } else {
      text.remove_prefix(paint->size());
    }
  }
  return plain;
}

void check_text(const RunReport& report, bool full) {
  TextOptions options;
  options.full = full;
  options.source_line = [](const std::string& file, std::uint32_t) { return std::optional<std::string>(file); };
  const std::string plain = to_text(report, options);
  const auto points = code_points(plain);
  require(points.has_value(), "a text report is UTF-8");
  require(std::none_of(points->begin(), points->end(), [](char32_t p) { return is_control(p) && p != U'\n'; }),
          "a text report has no control character but the line feed");
  require(plain.empty() || plain.back() == '\n', "a text report ends with its line");
  options.colour = true;
  require(without_paint(to_text(report, options)) == plain, "colours change nothing else");
  constexpr std::ptrdiff_t kAboutOneScreen = 150;
  require(full || std::count(plain.begin(), plain.end(), '\n') <= kAboutOneScreen, "the short report is short");
}

void check_sarif(const RunReport& report) {
  const std::string text = to_sarif(report);
  require(code_points(text).has_value(), "a SARIF report is UTF-8");
  require(!nlohmann::json::parse(text, nullptr, false).is_discarded(), "a SARIF report is JSON");
}

bool is_legal_in_xml(char32_t point) {
  return point == U'\t' || point == U'\n' || point == U'\r' || (point >= 0x20 && point != 0xFFFE && point != 0xFFFF);
}

// Where a name ends that stands at `at`.
std::size_t name_end(std::string_view text, std::size_t at) {
  return std::min(text.find_first_of(" \t\r\n/>?", at), text.size());
}

// Elements nest, attributes are quoted and hold no "<", every "&" begins a reference.
bool is_well_formed(std::string_view text) {
  std::vector<std::string_view> open;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      const std::string_view entity = text.substr(i + 1, end == std::string_view::npos ? 0 : end - i - 1);
      if (!entity.starts_with('#') && entity != "amp" && entity != "lt" && entity != "gt" && entity != "quot" &&
          entity != "apos") {
        return false;
      }
    }
    if (text[i] != '<') {
      ++i;
      continue;
    }
    const std::size_t close = text.find('>', i);  // we never leave a bare ">" in an attribute
    if (close == std::string_view::npos) {
      return false;
    }
    const std::string_view tag = text.substr(i + 1, close - i - 1);
    if (tag.find('<') != std::string_view::npos || std::count(tag.begin(), tag.end(), '"') % 2 != 0) {
      return false;
    }
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) {
        return false;
      }
      open.pop_back();
    } else if (!tag.starts_with('?') && !tag.ends_with('/')) {
      open.push_back(tag.substr(0, name_end(tag, 0)));
    }
    i = close + 1;
  }
  return open.empty();
}

void check_junit(const RunReport& report) {
  const std::string text = to_junit(report);
  const auto points = code_points(text);
  require(points.has_value(), "a JUnit report is UTF-8");
  require(std::all_of(points->begin(), points->end(), is_legal_in_xml), "a JUnit report has legal characters only");
  require(is_well_formed(text), "a JUnit report is XML");
}

void check_annotations(const RunReport& report) {
  const std::string text = to_github_annotations(report);
  require(code_points(text).has_value(), "annotations are UTF-8");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    require(end != std::string_view::npos, "annotations end with their line");
    const std::string_view line = rest.substr(0, end);
    require(line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::error::") ||
                line.starts_with("::warning::"),
            "each line is an annotation");
    require(line.find('\r') == std::string_view::npos, "no line is cut by a return");
    require(line.find("##[") == std::string_view::npos, "no text begins a command");
    rest.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace catcher::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace catcher::fuzz;
  FuzzInput input(data, size);
  catcher::RunReport report = made_report(input);
  for (catcher::Crash& crash : report.crashes) {
    if (crash.exception) {
      crash.exception = with_description(*crash.exception);
    }
  }
  check_json(report);
  check_sarif(report);
  check_junit(report);
  check_annotations(report);
  check_text(report, false);
  check_text(report, true);
  return 0;
}
