#include "report/report_diff.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "report/escape.h"
#include "triage/summary.h"

namespace catcher {

namespace {

using Json = nlohmann::ordered_json;  // as everywhere else: its parser is not small

constexpr std::size_t kMostRows = 20;

// A value of a report that may be anything: null where it is not what was hoped for.
const Json& at(const Json& object, const char* key) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() ? *found : nothing;
}

std::uint64_t number(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string text(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

Json parse(std::string_view name, std::string_view content) {
  Json report = Json::parse(content, nullptr, false);
  const std::string shown = escape_for_terminal(name);
  if (report.is_discarded()) {
    throw std::invalid_argument(
        fmt::format("'{}' is no JSON; give a report that catcher has written with --report FILE.json", shown));
  }
  if (!text(report, "schema").starts_with("catcher-report/")) {
    throw std::invalid_argument(
        fmt::format("'{}' is no report of catcher's; give one that was written with --report FILE.json", shown));
  }
  return report;
}

// A number before and after.
struct Change {
  std::uint64_t before = 0;
  std::uint64_t after = 0;

  std::uint64_t size() const { return before > after ? before - after : after - before; }
};
using Changes = std::map<std::string, Change>;

std::string signed_size(const Change& change) {
  return fmt::format("{}{}", change.after < change.before ? '-' : '+', describe_size(change.size()));
}

// What changed most comes first; what did not change is left out.
std::string table(std::string_view title, const Changes& changes) {
  std::vector<const Changes::value_type*> rows;
  for (const auto& row : changes) {
    if (row.second.size() != 0) {
      rows.push_back(&row);
    }
  }
  if (rows.empty()) {
    return {};
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto* a, const auto* b) { return a->second.size() > b->second.size(); });
  std::string lines = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) {
    const Change& change = rows[i]->second;
    lines += fmt::format("  {:>12}  {:>12} -> {:<12}  {}\n", signed_size(change), describe_size(change.before),
                         describe_size(change.after), escape_for_terminal(rows[i]->first));
  }
  if (rows.size() > kMostRows) {
    lines += fmt::format("  ... {} more\n", rows.size() - kMostRows);
  }
  return lines;
}

using Side = std::uint64_t Change::*;

// What the blocks of one path through the program are called.
std::string path_of(const Json& group) {
  constexpr std::size_t kMostFunctions = 4;
  std::string name = text(group, "image") + ": " + text(group, "kind");
  std::size_t shown = 0;
  for (const Json& function : at(group, "path")) {
    if (function.is_string() && shown++ < kMostFunctions) {
      name += (shown == 1 ? ", " : " <- ") + function.get<std::string>();
    }
  }
  return name;
}

void add_allocations(const Json& report, Side side, Changes& groups) {
  for (const Json& group : at(at(at(report, "memory"), "allocations"), "groups")) {
    groups[path_of(group)].*side += number(group, "bytes");
  }
}

// Processes of two runs have nothing in common but the names of their programs.
void add_memory(const Json& report, Side side, Changes& uses, Changes& heaps, Changes& peaks) {
  for (const Json& process : at(at(report, "memory"), "processes")) {
    const std::string image = text(process, "image");
    peaks[image].*side += number(process, "peak");
    const Json& snapshot = at(process, "snapshot");
    for (const Json& use : at(at(snapshot, "space"), "uses")) {
      if (text(use, "name") != "Free") {
        uses[fmt::format("{}: {}", image, text(use, "name"))].*side += number(use, "bytes");
      }
    }
    for (const Json& heap : at(snapshot, "heaps")) {
      heaps[image + ": heaps, small blocks"].*side += number(heap, "committed");
      for (const Json& size : at(heap, "big_sizes")) {
        heaps[fmt::format("{}: big blocks of {:#x} bytes", image, number(size, "size"))].*side += number(size, "bytes");
      }
    }
  }
}

std::set<std::string> buckets(const Json& report) {
  std::set<std::string> found;
  for (const Json& crash : at(report, "crashes")) {
    found.insert(text(crash, "bucket"));
  }
  found.insert(text(at(report, "hang"), "bucket"));
  found.erase("");
  return found;
}

std::string bucket_lines(const std::set<std::string>& ours, const std::set<std::string>& theirs,
                         std::string_view what) {
  std::string lines;
  for (const std::string& bucket : ours) {
    if (!theirs.contains(bucket)) {
      lines += fmt::format("{}: {}\n", what, escape_for_terminal(bucket));
    }
  }
  return lines;
}

std::string verdict_lines(const Json& a, const Json& b) {
  const auto said = [](const Json& report) {
    return fmt::format("{} (exit code {})", text(report, "verdict"), number(report, "exit_code"));
  };
  return said(a) == said(b)
             ? fmt::format("verdict: {} in both\n", escape_for_terminal(said(a)))
             : fmt::format("verdict: {} -> {}\n", escape_for_terminal(said(a)), escape_for_terminal(said(b)));
}

}  // namespace

std::string diff_reports(std::string_view first_name, std::string_view first, std::string_view second_name,
                         std::string_view second) {
  const Json a = parse(first_name, first);
  const Json b = parse(second_name, second);
  std::string lines = verdict_lines(a, b);
  lines += bucket_lines(buckets(a), buckets(b), "gone");
  lines += bucket_lines(buckets(b), buckets(a), "new");
  Changes uses;
  Changes heaps;
  Changes peaks;
  add_memory(a, &Change::before, uses, heaps, peaks);
  add_memory(b, &Change::after, uses, heaps, peaks);
  lines += table("committed at most", peaks);
  lines += table("memory by use", uses);
  lines += table("heaps", heaps);
  Changes groups;
  add_allocations(a, &Change::before, groups);
  add_allocations(b, &Change::after, groups);
  lines += table("still allocated, by who allocated it", groups);
  const bool has_memory = at(a, "memory").is_object() && at(b, "memory").is_object();
  return has_memory ? lines : lines + "memory: not in both reports; give --memory to both runs to compare it\n";
}

}  // namespace catcher
