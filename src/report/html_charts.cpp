#include "report/html_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "report/html_page.h"
#include "report/process_order.h"
#include "report/xml_text.h"
#include "triage/path_name.h"
#include "triage/summary.h"

namespace catcher {

namespace {

constexpr std::size_t kMostProcesses = 300;
constexpr std::size_t kDeepestIndent = 12;

// The drawing's own units; the browser scales it.
constexpr double kWidth = 900;
constexpr double kHeight = 240;
constexpr double kLeft = 78;  // room for the labels
constexpr double kRight = 14;
constexpr double kTop = 14;
constexpr double kBottom = 26;
constexpr int kTimeTicks = 5;
constexpr double kMostLines = 5;  // across the chart

std::string_view bar_class(const ProcessRecord& process) {
  switch (process.ended) {
    case HowEnded::kCrash:
      return "bar bad";
    case HowEnded::kKilled:
      return "bar killed";
    default:
      return "bar";
  }
}

std::string end_words(const ProcessRecord& process) {
  switch (process.ended) {
    case HowEnded::kCrash:
      return "crashed";
    case HowEnded::kKilled:
      return "killed by catcher";
    case HowEnded::kDetached:
      return "left running";
    case HowEnded::kItself:
      break;
  }
  if (process.exit_status) {
    return describe_exit_status(*process.exit_status);
  }
  return process.end ? "exit code unknown" : "did not end";
}

std::string process_row(const ProcessRecord& process, std::size_t depth, double whole) {
  const double start = 100 * static_cast<double>(process.start.count()) / whole;
  const double end = process.end ? 100 * static_cast<double>(process.end->count()) / whole : 100;
  const std::string name =
      fmt::format("{} {}{}", process.pid, file_name_of(process.image), process.bits == 32 ? " (32-bit)" : "");
  const std::string how = end_words(process);
  const std::string hint = fmt::format("{}, {}: from {} to {}{}{}", name, how, describe_duration(process.start),
                                       process.end ? describe_duration(*process.end) : "the end",
                                       process.command_line.empty() ? "" : ", ", process.command_line);
  return fmt::format(
      "<div class=\"name\" style=\"padding-left:{}px\" title=\"{}\">{} <span class=\"soft\">{}</span></div>"
      "<div class=\"track\" title=\"{}\"><div class=\"{}\" style=\"left:{:.2f}%;width:{:.2f}%\"></div></div>\n",
      14 * std::min(depth, kDeepestIndent), xml_line(hint), xml_line(name), xml_line(how), xml_line(hint),
      bar_class(process), std::clamp(start, 0.0, 100.0),
      std::clamp(end - start, 0.0, 100 - std::clamp(start, 0.0, 100.0)));
}

std::string time_ticks(std::chrono::milliseconds whole) {
  std::string html = "<div></div><div class=\"ticks\">";
  for (int i = 0; i < kTimeTicks; ++i) {
    html += fmt::format("<span>{}</span>", describe_duration(whole * i / (kTimeTicks - 1)));
  }
  return html + "</div>\n";
}

// A round distance of lines, in bytes, so that there are few of them.
double line_distance(double most) {
  constexpr std::array kSteps{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0};
  for (double unit = 1024;; unit *= 1024) {
    for (const double step : kSteps) {
      if (most / (unit * step) <= kMostLines) {
        return unit * step;
      }
    }
  }
}

// Where samples stand in the drawing.
class MemoryScale {
 public:
  explicit MemoryScale(const std::vector<MemorySample>& samples)
      : start_(static_cast<double>(samples.front().time.count())),
        span_(std::max(1.0, static_cast<double>((samples.back().time - samples.front().time).count()))) {
    const auto most = std::ranges::max_element(samples, {}, &MemorySample::committed);
    distance_ = line_distance(std::max(1.0, static_cast<double>(most->committed)));
    top_ = std::ceil(std::max(1.0, static_cast<double>(most->committed)) / distance_) * distance_;
  }

  double x(std::chrono::milliseconds time) const {
    const double part = (static_cast<double>(time.count()) - start_) / span_;
    return kLeft + std::clamp(part, 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  double y(double bytes) const { return kHeight - kBottom - bytes / top_ * (kHeight - kTop - kBottom); }
  double top() const { return top_; }
  double distance() const { return distance_; }

 private:
  double start_;
  double span_;
  double distance_ = 1;
  double top_ = 1;
};

std::string grid(const MemoryScale& scale) {
  std::string svg;
  for (double bytes = 0; bytes <= scale.top(); bytes += scale.distance()) {
    const double y = scale.y(bytes);
    svg += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft, y,
                       kWidth - kRight, y);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, y + 4,
                       bytes == 0 ? "0" : describe_size(static_cast<std::uint64_t>(bytes)));
  }
  return svg;
}

std::string time_labels(const MemoryScale& scale, const std::vector<MemorySample>& samples) {
  std::string svg;
  const auto whole = samples.back().time - samples.front().time;
  for (int i = 0; i < kTimeTicks; ++i) {
    const auto time = samples.front().time + whole * i / (kTimeTicks - 1);
    const std::string_view anchor = i == 0 ? "start" : i + 1 == kTimeTicks ? "end" : "middle";
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", scale.x(time), kHeight - 6,
                       anchor, describe_duration(time));
  }
  return svg;
}

std::string curve(const MemoryScale& scale, const std::vector<MemorySample>& samples) {
  std::string points;
  std::string circles;
  for (const MemorySample& sample : samples) {
    const double x = scale.x(sample.time);
    const double y = scale.y(static_cast<double>(sample.committed));
    points += fmt::format("{:.1f},{:.1f} ", x, y);
    circles +=
        fmt::format("<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"><title>{} after {}</title></circle>\n",
                    x, y, describe_size(sample.committed), describe_duration(sample.time));
  }
  const double floor = scale.y(0);
  return fmt::format(
      "<polygon class=\"area\" points=\"{:.1f},{:.1f} {}{:.1f},{:.1f}\"/>\n"
      "<polyline class=\"curve\" points=\"{}\"/>\n{}",
      scale.x(samples.front().time), floor, points, scale.x(samples.back().time), floor, points, circles);
}

std::string event_lines(const MemoryScale& scale, const std::vector<ChartEvent>& events) {
  std::string svg;
  for (const ChartEvent& event : events) {
    const double x = scale.x(event.time);
    svg += fmt::format(
        "<line class=\"event\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\">"
        "<title>{} after {}</title></line>\n",
        x, kTop, x, kHeight - kBottom, xml_line(event.label), describe_duration(event.time));
  }
  return svg;
}

std::string samples_table(const std::vector<MemorySample>& samples) {
  std::string rows = "<table><tr><th class=\"number\">time</th><th class=\"number\">committed</th></tr>\n";
  for (const MemorySample& sample : samples) {
    rows += fmt::format("<tr><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
                        describe_duration(sample.time), describe_size(sample.committed));
  }
  return html_folded("the numbers", rows + "</table>\n");
}

}  // namespace

std::string html_process_axis(const RunReport& report) {
  if (report.processes.empty()) {
    return {};
  }
  auto whole = std::max(report.duration, std::chrono::milliseconds(1));
  for (const ProcessRecord& process : report.processes) {
    whole = std::max({whole, process.start, process.end.value_or(whole)});
  }
  std::string html = "<div class=\"axis\">\n" + time_ticks(whole);
  std::size_t shown = 0;
  for (const ProcessPlace& place : tree_order(report.processes)) {
    if (shown == kMostProcesses) {
      break;
    }
    html += process_row(report.processes[place.index], place.depth, static_cast<double>(whole.count()));
    ++shown;
  }
  html += "</div>\n";
  return shown == report.processes.size()
             ? html
             : html + fmt::format("<p class=\"soft\">{} more processes: see the JSON report</p>\n",
                                  report.processes.size() - shown);
}

std::string html_memory_chart(const std::vector<MemorySample>& samples, const std::vector<ChartEvent>& events) {
  if (samples.size() < 2) {
    return {};
  }
  const MemoryScale scale(samples);
  const auto most = std::ranges::max_element(samples, {}, &MemorySample::committed);
  std::string html =
      fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"committed memory over time, at most {}\">\n",
                  kWidth, kHeight, describe_size(most->committed));
  html += grid(scale) + time_labels(scale, samples) + curve(scale, samples) + event_lines(scale, events);
  return html + "</svg>\n" + samples_table(samples);
}

}  // namespace catcher
