#include "report/html_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "report/html_allocations.h"
#include "report/html_charts.h"
#include "report/html_page.h"
#include "report/html_stack.h"
#include "report/xml_text.h"
#include "triage/hex.h"
#include "triage/summary.h"

namespace catcher {

namespace {

std::string wide_table(std::string_view head, const std::string& rows) {
  return rows.empty() ? rows : fmt::format("<div class=\"wide\"><table>\n<tr>{}</tr>\n{}</table></div>\n", head, rows);
}

std::string shares_table(std::string_view what, const std::vector<MemoryShare>& shares, std::uint64_t busy) {
  std::string rows;
  for (const MemoryShare& share : shares) {
    const bool is_part = busy > 0 && share.bytes <= busy;  // what is free is no part of what is used
    const double percent = is_part ? 100 * static_cast<double>(share.bytes) / static_cast<double>(busy) : 0;
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td><span class=\"share\" style=\"width:{:.1f}px\"></span></td></tr>\n",
        xml_line(share.name), share.regions, describe_size(share.bytes), describe_size(share.committed),
        is_part ? fmt::format("{:.2f} %", percent) : std::string(), percent * 1.5);
  }
  return wide_table(fmt::format("<th>{}</th><th class=\"number\">regions</th><th class=\"number\">size</th><th "
                                "class=\"number\">committed</th><th class=\"number\">of what is used</th><th></th>",
                                what),
                    rows);
}

std::string_view heap_kind_words(HeapKind kind) {
  switch (kind) {
    case HeapKind::kNt:
      return "NT heap";
    case HeapKind::kSegment:
      return "segment heap";
    case HeapKind::kUnknown:
      break;
  }
  return "unknown kind";
}

std::string big_sizes(const HeapSize& heap) {
  std::string text;
  for (const HeapBlocks& blocks : heap.big_sizes) {
    text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", blocks.count, describe_size(blocks.size));
  }
  return text;
}

std::string heaps_table(const std::vector<HeapSize>& heaps) {
  std::string rows;
  for (const HeapSize& heap : heaps) {
    rows += fmt::format(
        "<tr><td><code>{}</code></td><td>{}{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
        "class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>\n",
        hex_value(heap.base.value), heap_kind_words(heap.kind), heap.is_process_heap ? ", the process heap" : "",
        describe_size(heap.reserved), describe_size(heap.committed), heap.big_blocks, describe_size(heap.big_bytes),
        xml_line(heap.note.empty() ? big_sizes(heap) : heap.note));
  }
  return wide_table(
      "<th>heap</th><th>kind</th><th class=\"number\">reserved</th><th class=\"number\">committed</th><th "
      "class=\"number\">big blocks</th><th class=\"number\">their size</th><th>biggest sizes</th>",
      rows);
}

std::string mapped_table(const std::vector<MappedSize>& mapped) {
  std::string rows;
  for (const MappedSize& file : mapped) {
    rows += fmt::format("<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
                        xml_line(file.name), file.views, describe_size(file.bytes));
  }
  return wide_table("<th>file</th><th class=\"number\">views</th><th class=\"number\">size</th>", rows);
}

std::string stacks_table(const std::vector<ThreadStackSize>& stacks) {
  std::string rows;
  for (const ThreadStackSize& stack : stacks) {
    rows += fmt::format(
        "<tr><td>{}{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
        stack.tid, stack.name.empty() ? "" : " " + xml_line(stack.name),
        stack.used == 0 ? std::string() : describe_size(stack.used), describe_size(stack.committed),
        describe_size(stack.reserved));
  }
  return wide_table(
      "<th>thread</th><th class=\"number\">used now</th><th class=\"number\">committed</th><th "
      "class=\"number\">reserved</th>",
      rows);
}

std::string snapshot_markup(const MemorySnapshot& snapshot) {
  const AddressSummary& space = snapshot.space;
  std::string html = fmt::format("<p><strong>{}</strong></p>\n", xml_line(snapshot.headline));
  html += html_facts(
      html_fact("used", fmt::format("{} in {} regions: {} committed, {} reserved", describe_size(space.busy()),
                                    space.regions, describe_size(space.committed), describe_size(space.reserved))) +
      html_fact("free", fmt::format("{}; the largest piece is {}", describe_size(space.free),
                                    describe_size(space.largest_free))) +
      html_fact("note", space.is_complete ? "" : "there were more regions than are looked at"));
  html += shares_table("use", space.uses, space.busy());
  html += html_folded("by type", shares_table("type", space.types, space.busy()));
  html += html_folded("by state", shares_table("state", space.states, space.busy()));
  html += html_folded("by protection", shares_table("protection", space.protections, space.busy()));
  const std::string heaps = heaps_table(snapshot.heaps);
  html += heaps.empty() ? heaps : "<h3>heaps</h3>\n" + heaps;
  html += html_folded("images", mapped_table(snapshot.images));
  html += html_folded("mapped files", mapped_table(snapshot.files));
  html += html_folded(fmt::format("stacks of {} threads", snapshot.stack_count), stacks_table(snapshot.stacks));
  return html;
}

std::string process_section(const ProcessMemoryReport& process) {
  std::string html = html_facts(html_fact("peak", process.peak == 0 ? "" : describe_size(process.peak)) +
                                html_fact("not looked at", process.problem));
  html += process.snapshot ? snapshot_markup(*process.snapshot) : std::string();
  return html_section(fmt::format("memory of {} {}", process.pid, process.image), html);
}

std::vector<ChartEvent> chart_events(const RunReport& report) {
  std::vector<ChartEvent> events;
  for (const Crash& crash : report.crashes) {
    events.push_back({crash.time, crash.summary.empty() ? summarize_crash(crash) : crash.summary});
  }
  if (report.limit) {
    events.push_back({report.limit->time, describe_limit(report, *report.limit)});
  }
  return events;
}

}  // namespace

std::string html_memory(const RunReport& report, const TextOptions& options) {
  if (!report.memory) {
    return {};
  }
  std::string html =
      html_section("committed memory over time", html_memory_chart(report.memory->timeline, chart_events(report)));
  if (report.memory->allocations) {
    html += html_allocations(*report.memory->allocations, options);
  }
  for (const ProcessMemoryReport& process : report.memory->processes) {
    html += process_section(process);
  }
  return html;
}

}  // namespace catcher
