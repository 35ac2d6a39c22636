#include "report/html_allocations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/html_stack.h"
#include "report/xml_text.h"
#include "triage/allocation_words.h"
#include "triage/summary.h"

namespace catcher {

namespace {

constexpr std::size_t kMostGroups = 200;

std::string sizes_table(const std::vector<AllocationSizes>& sizes) {
  std::string rows;
  for (const AllocationSizes& each : sizes) {
    const std::string range = each.smallest == each.largest
                                  ? describe_size(each.smallest)
                                  : fmt::format("{} to {}", describe_size(each.smallest), describe_size(each.largest));
    rows += fmt::format("<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n", range,
                        each.count, describe_size(each.bytes));
  }
  return rows.empty() ? rows
                      : "<table>\n<tr><th>size</th><th class=\"number\">blocks</th><th class=\"number\">in "
                        "all</th></tr>\n" +
                            rows + "</table>\n";
}

std::string growth_chart(const std::vector<AllocationSample>& growth) {
  std::vector<MemorySample> samples;
  for (const AllocationSample& sample : growth) {
    samples.push_back({sample.time, sample.bytes});
  }
  return html_memory_chart(samples, {});
}

std::string group_markup(const AllocationGroup& group, const TextOptions& options) {
  std::string html =
      html_facts(html_fact("live", fmt::format("{} in {} block{}", describe_size(group.bytes), group.count,
                                               group.count == 1 ? "" : "s")) +
                 html_fact("freed", fmt::format("{} of {}", group.freed, group.allocated)) +
                 html_fact("first", describe_duration(group.first)) + html_fact("last", describe_duration(group.last)) +
                 html_fact("growth", group.grows ? "more and more until the end, and never less" : "") +
                 html_fact("call", group.function));
  return html + growth_chart(group.growth) + sizes_table(group.sizes) + html_stack(group.stack, options, true);
}

std::string group_title(const AllocationGroup& group) {
  return fmt::format("{}{}", group.is_defect ? "defect: " : "",
                     group.summary.empty() ? summarize_allocation(group) : group.summary);
}

std::string counts_table(const std::vector<AllocationCount>& processes) {
  std::string rows;
  for (const AllocationCount& each : processes) {
    std::string note = each.begins ? fmt::format("seen from {} on", describe_duration(*each.begins)) : "";
    if (each.stopped) {
      note += fmt::format("{}too many calls: nothing was seen from {} on", note.empty() ? "" : "; ",
                          describe_duration(*each.stopped));
    }
    rows += fmt::format(
        "<tr><td>{} {}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td>{}</td></tr>\n",
        each.pid, xml_line(each.image), each.allocated, each.freed, each.live, describe_size(each.live_bytes), note);
  }
  return rows.empty() ? rows
                      : "<div class=\"wide\"><table>\n<tr><th>process</th><th class=\"number\">allocated</th><th "
                        "class=\"number\">freed</th><th class=\"number\">live</th><th class=\"number\">bytes</th><th>"
                        "</th></tr>\n" +
                            rows + "</table></div>\n";
}

}  // namespace

std::string html_allocations(const AllocationHistory& history, const TextOptions& options) {
  std::string html = counts_table(history.processes);
  const std::size_t shown = std::min(history.groups.size(), kMostGroups);
  for (std::size_t i = 0; i < shown; ++i) {
    html += html_folded(group_title(history.groups[i]), group_markup(history.groups[i], options));
  }
  if (shown < history.groups.size()) {
    html += fmt::format("<p class=\"soft\">{} smaller ones: see the JSON report</p>\n", history.groups.size() - shown);
  }
  return html_section("who allocated what is still there", html);
}

}  // namespace catcher
