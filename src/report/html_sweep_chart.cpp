#include "report/html_sweep_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "report/xml_text.h"

namespace catcher {

namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 180;
constexpr double kLeft = 52;
constexpr double kRight = 14;
constexpr double kTop = 12;
constexpr double kBottom = 26;
constexpr std::size_t kMostPoints = 500;  // that say which bucket it was

// A round distance of numbers: 1, 2 or 5 times a power of ten.
std::uint64_t step_of(std::uint64_t most) {
  for (std::uint64_t unit = 1;; unit *= 10) {
    for (const std::uint64_t step : {unit, 2 * unit, 5 * unit}) {
      if (most / step <= 5) {
        return step;
      }
    }
  }
}

struct Scale {
  double runs;
  double buckets;

  double x(std::uint64_t run) const {
    return kLeft + std::clamp(static_cast<double>(run) / runs, 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  double y(std::uint64_t count) const {
    return kHeight - kBottom - static_cast<double>(count) / buckets * (kHeight - kTop - kBottom);
  }
};

std::string grid(const Scale& scale, std::uint64_t most_buckets, std::uint64_t most_runs) {
  std::string svg;
  const std::uint64_t rows = step_of(most_buckets);
  for (std::uint64_t count = 0; count <= most_buckets; count += rows) {
    svg += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft,
                       scale.y(count), kWidth - kRight, scale.y(count));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, scale.y(count) + 4,
                       count);
  }
  const std::uint64_t columns = step_of(most_runs);
  for (std::uint64_t run = 0; run <= most_runs; run += columns) {
    const bool is_last = run + columns > most_runs;
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}{}</text>\n", scale.x(run), kHeight - 6,
                       run == 0  ? "start"
                       : is_last ? "end"
                                 : "middle",
                       run, is_last ? " runs" : "");
  }
  return svg;
}

}  // namespace

std::string html_bucket_chart(const SweepReport& report) {
  if (report.buckets.empty()) {
    return {};
  }
  std::vector<const SweepBucket*> found;
  for (const SweepBucket& bucket : report.buckets) {
    found.push_back(&bucket);
  }
  std::ranges::sort(found, {}, &SweepBucket::first_run);
  const std::uint64_t runs = std::max({report.runs, found.back()->first_run, std::uint64_t{1}});
  const Scale scale{static_cast<double>(runs), static_cast<double>(found.size())};
  std::string points = fmt::format("{:.1f},{:.1f} ", scale.x(0), scale.y(0));
  std::string circles;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double x = scale.x(found[i]->first_run);
    points += fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", x, scale.y(i), x, scale.y(i + 1));
    if (i < kMostPoints) {
      const std::string& summary = found[i]->evidence.summary;
      circles += fmt::format(
          "<circle class=\"point\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"><title>run {}: {}</title></circle>\n", x,
          scale.y(i + 1), found[i]->first_run, xml_line(summary.empty() ? found[i]->id : summary));
    }
  }
  points += fmt::format("{:.1f},{:.1f}", scale.x(runs), scale.y(found.size()));
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} buckets were found in {} runs, the last new one in run "
      "{}\">\n",
      kWidth, kHeight, found.size(), report.runs, found.back()->first_run);
  svg += grid(scale, found.size(), runs);
  return svg + fmt::format("<polyline class=\"curve\" points=\"{}\"/>\n{}</svg>\n", points, circles);
}

}  // namespace catcher
