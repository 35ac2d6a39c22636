#include "report/html_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "report/html_page.h"
#include "report/html_stack.h"
#include "report/html_sweep_chart.h"
#include "report/sweep_journal.h"
#include "report/utc_text.h"
#include "report/xml_text.h"
#include "triage/summary.h"

namespace catcher {

namespace {

// A page of thousands of buckets must still open at once.
constexpr std::size_t kMostFrames = 40'000;
constexpr std::size_t kFewestFramesEach = 8;
constexpr std::size_t kMostFramesEach = 64;
constexpr std::size_t kMostSimilar = 20;

constexpr std::string_view kStyle = R"css(
.tools{display:flex;flex-wrap:wrap;gap:10px 16px;align-items:center;margin:0 0 8px}
.tools input[type=search]{flex:1 1 220px;min-width:0}
input,select,th button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:6px;padding:4px 8px}
th button{border:0;background:none;padding:0;cursor:pointer;color:var(--soft);font-weight:600}
th[aria-sort=ascending] button::after{content:" \25b2"}th[aria-sort=descending] button::after{content:" \25bc"}
.buckets>tbody>tr.row{cursor:pointer}.buckets>tbody>tr.row:hover{background:var(--fill)}
.buckets .what{min-width:260px}
.js .detail:not(.open){display:none}
tbody[hidden]{display:none}
.parts{display:flex;height:18px;border-radius:5px;overflow:hidden;gap:2px}
.parts span{min-width:2px}
.passed{background:var(--bar)}.crash{background:var(--alarm)}.hang{background:var(--caution)}.limit{background:var(--accent)}
.defect{background:var(--good)}.untested{background:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
a{color:var(--accent)}
)css";

// No '<' and no '&' in it: the page stays well-formed XML, which the tests rely on.
constexpr std::string_view kScript = R"js(
'use strict';
document.documentElement.classList.add('js');
const table = document.querySelector('.buckets');
if (table) {
  const all = [...table.tBodies];
  const words = all.map(body => body.textContent.toLowerCase());
  const heads = [...table.tHead.rows[0].cells];
  const find = document.getElementById('find'), kind = document.getElementById('kind'), fresh = document.getElementById('fresh');
  const key = (body, column) => {
    const cell = body.rows[0].cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const sort = column => {
    const down = heads[column].getAttribute('aria-sort') !== 'descending';
    heads.forEach(head => head.removeAttribute('aria-sort'));
    heads[column].setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const order = (a, b) => {
      const x = key(a, column), y = key(b, column);
      const up = typeof x === 'number' ? x - y : x.localeCompare(y);
      return down ? -up : up;
    };
    table.append(...[...all].sort(order));
  };
  heads.forEach((head, column) => head.querySelector('button').addEventListener('click', () => sort(column)));
  const filter = () => {
    const wanted = find.value.toLowerCase();
    let shown = 0;
    all.forEach((body, i) => {
      const right = [words[i].includes(wanted), kind.value === '' || body.dataset.kind === kind.value,
        fresh === null || !fresh.checked || body.dataset.fresh === '1'];
      body.hidden = right.includes(false);
      shown += body.hidden ? 0 : 1;
    });
    document.getElementById('shown').textContent = shown + ' of ' + all.length;
  };
  [find, kind, fresh].forEach(tool => { if (tool) tool.addEventListener('input', filter); });
  const show = (body, open) => {
    body.querySelector('.detail').classList.toggle('open', open);
    body.querySelector('.more').setAttribute('aria-expanded', body.querySelector('.detail').classList.contains('open'));
  };
  table.addEventListener('click', event => {
    const row = event.target.closest('tr.row'), link = event.target.closest('a');
    if (!row) return;
    if (link) if (!link.classList.contains('more')) return;
    event.preventDefault();
    show(row.parentElement);
  });
  const jump = () => {
    const body = document.getElementById(location.hash.slice(1));
    if (body) { body.hidden = false; show(body, true); body.scrollIntoView(); }
  };
  addEventListener('hashchange', jump);
  filter();
  jump();
}
)js";

struct SeverityRank {
  std::string_view severity;
  int rank;
  std::string_view tone;
};
constexpr std::array kSeverities{SeverityRank{"high", 3, "alarm"}, SeverityRank{"medium", 2, "caution"},
                                 SeverityRank{"low", 1, "quiet"}};

SeverityRank rank_of(std::string_view severity) {
  const auto found = std::ranges::find(kSeverities, severity, &SeverityRank::severity);
  return found == kSeverities.end() ? SeverityRank{severity, 0, "quiet"} : *found;
}

// A path beside the page as a link: percent-encoded (RFC 3986) but for its slashes, so that no name can be anything
// else.
std::string link_to(std::string_view path) {
  std::string link = "./";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '/';
    link += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return link;
}

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string headline(const SweepReport& report) {
  if (report.buckets.empty()) {
    return fmt::format("{}, nothing found", counted(report.runs, "run"));
  }
  const auto fresh = std::ranges::count(report.buckets, true, &SweepBucket::is_new);
  return fmt::format("{} of {}: {}{}", counted(report.runs, "run"), counted(report.inputs, "input"),
                     counted(report.buckets.size(), "bucket"),
                     report.has_baseline ? fmt::format(", {} new", fresh) : std::string());
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += text.empty() ? word : ", " + word;
  }
  return text;
}

std::string utc(std::chrono::milliseconds since_1970) {
  return since_1970.count() == 0 ? std::string()
                                 : utc_text(std::chrono::system_clock::time_point(
                                       std::chrono::duration_cast<std::chrono::system_clock::duration>(since_1970)));
}

std::string header(const SweepReport& report) {
  const bool is_good = report.exit_code == 0 && report.failure.empty();
  std::string html = fmt::format("<header>\n{}\n<h1>{}</h1>\n",
                                 html_badge(!report.failure.empty() ? "ended early"
                                            : report.interrupted    ? "interrupted"
                                            : report.complete       ? "complete"
                                                                    : "not complete",
                                            is_good && report.complete ? "good" : "caution"),
                                 xml_line(headline(report)));
  html += html_facts(html_fact_markup("command line", fmt::format("<code>{}</code>", xml_line(report.command_line))) +
                     html_fact("inputs from", joined(report.corpora)) + html_fact("shards", joined(report.shards)) +
                     html_fact("options", joined(report.options)) + html_fact("first run", utc(report.started)) +
                     html_fact("last run", utc(report.ended)) + html_fact("ended early", report.failure) +
                     html_fact("exit code of catcher", fmt::format("{}", report.exit_code)) +
                     html_fact("catcher", report.catcher_version));
  return html + "</header>\n";
}

std::string outcomes(const SweepReport& report) {
  std::string parts;
  std::string legend;
  for (const auto& [outcome, count] : report.outcomes) {
    if (count == 0) {
      continue;
    }
    const std::string_view name = outcome_name(outcome);
    parts += fmt::format("<span class=\"{}\" style=\"flex:{}\" title=\"{} {}\"></span>", name, count, count, name);
    legend += fmt::format("<span><i class=\"{}\"></i>{} {}</span>", name, count, name);
  }
  return parts.empty()
             ? parts
             : html_section("runs", fmt::format("<div class=\"parts\">{}</div>\n<div class=\"legend\">{}</div>\n",
                                                parts, legend));
}

// The number of each bucket on the page, for links between them.
using Places = std::map<std::string_view, std::size_t>;

std::string similar_links(const SweepBucket& bucket, const Places& places) {
  std::string html;
  for (std::size_t i = 0; i < std::min(bucket.similar.size(), kMostSimilar); ++i) {
    const auto place = places.find(bucket.similar[i]);
    const std::string id = fmt::format("<code>{}</code>", xml_line(bucket.similar[i]));
    html += place == places.end() ? id : fmt::format("<a href=\"#b{}\">{}</a>", place->second, id);
    html += ' ';
  }
  return bucket.similar.size() > kMostSimilar ? html + fmt::format("and {} more", bucket.similar.size() - kMostSimilar)
                                              : html;
}

std::string examples(const SweepBucket& bucket) {
  std::string items;
  for (const SweepExample& example : bucket.examples) {
    items += fmt::format("<li><a href=\"{}\">{}</a> <span class=\"soft\">{}</span></li>\n",
                         link_to(bucket.directory + "/inputs/" + example.file),
                         example.input.empty() ? "no input" : xml_line(example.input), describe_size(example.size));
  }
  return items.empty() ? items : "<h3>smallest inputs</h3>\n<ul>\n" + items + "</ul>\n";
}

std::string confirm_words(const SweepEvidence& evidence) {
  return evidence.confirm_runs == 0
             ? std::string()
             : fmt::format("it came {} of {} times", evidence.confirm_same, evidence.confirm_runs);
}

std::string detail(const SweepBucket& bucket, const Places& places, std::size_t most_frames) {
  const SweepEvidence& evidence = bucket.evidence;
  std::string html = html_facts(
      html_fact_markup("bucket", fmt::format("<code>{}</code>", xml_line(bucket.id))) +
      html_fact("why", evidence.rule.empty() ? evidence.why : fmt::format("{} [{}]", evidence.why, evidence.rule)) +
      html_fact("run again", confirm_words(evidence)) +
      html_fact("came in", bucket.tries > bucket.runs
                               ? fmt::format("{} of {} of its inputs", bucket.runs, counted(bucket.tries, "run"))
                               : counted(bucket.runs, "run")) +
      html_fact_markup("similar", similar_links(bucket, places)) +
      html_fact_markup("kept", fmt::format("<a href=\"{}\">{}</a>", link_to(bucket.directory + "/report.html"),
                                           xml_line(bucket.directory))));
  Stack stack;
  stack.frames.assign(evidence.stack.begin(), evidence.stack.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                           evidence.stack.size(), most_frames)));
  stack.frames_total = stack.frames.size();
  html += html_stack(stack, {}, false);
  if (evidence.stack.size() > most_frames) {
    html += fmt::format("<p class=\"soft\">{} more frames in report.txt</p>\n", evidence.stack.size() - most_frames);
  }
  return html + examples(bucket);
}

std::string marks(const SweepBucket& bucket, bool has_baseline) {
  std::string html = has_baseline && bucket.is_new ? html_badge("new", "alarm") + " " : std::string();
  return html + (bucket.is_flaky() ? html_badge("flaky", "caution") : std::string());
}

std::string bucket_rows(const SweepBucket& bucket, std::size_t number, const SweepReport& report, const Places& places,
                        std::size_t most_frames) {
  const SeverityRank rank = rank_of(bucket.evidence.severity);
  const std::string_view kind = outcome_name(bucket.outcome);
  std::string html = fmt::format("<tbody id=\"b{}\" data-kind=\"{}\" data-fresh=\"{}\">\n<tr class=\"row\">", number,
                                 kind, bucket.is_new ? 1 : 0);
  html += fmt::format("<td data-v=\"{}\">{}</td><td>{}</td>", rank.rank,
                      rank.severity.empty() ? std::string() : html_badge(rank.severity, rank.tone), kind);
  html += fmt::format("<td class=\"number\" data-v=\"{0}\">{0}</td><td class=\"number\" data-v=\"{1}\">{1}</td>",
                      bucket.runs, bucket.inputs);
  html += fmt::format("<td class=\"number\" data-v=\"{0}\">{0}</td><td class=\"number\" data-v=\"{1}\">{1}</td>",
                      bucket.first_run, bucket.group);
  html +=
      fmt::format("<td class=\"what\"><a class=\"more\" href=\"#b{}\" aria-expanded=\"false\">{}</a> {}</td></tr>\n",
                  number, xml_line(bucket.evidence.summary.empty() ? bucket.id : bucket.evidence.summary),
                  marks(bucket, report.has_baseline));
  return html + fmt::format("<tr class=\"detail\"><td colspan=\"7\">{}</td></tr>\n</tbody>\n",
                            detail(bucket, places, most_frames));
}

std::string tools(const SweepReport& report) {
  std::string html =
      "<div class=\"tools\"><input id=\"find\" type=\"search\" placeholder=\"filter: function, file, input, bucket\" "
      "aria-label=\"filter\"/><select id=\"kind\" aria-label=\"kind\"><option value=\"\">all kinds</option>";
  for (const auto& [outcome, count] : report.outcomes) {
    if (count != 0 && outcome != SweepOutcome::kPassed && outcome != SweepOutcome::kUntested) {
      html += fmt::format("<option value=\"{0}\">{0}</option>", outcome_name(outcome));
    }
  }
  html += "</select>";
  if (report.has_baseline) {
    html += "<label><input id=\"fresh\" type=\"checkbox\"/> new ones only</label>";
  }
  return html + fmt::format("<span id=\"shown\" class=\"soft\">{}</span></div>\n", report.buckets.size());
}

std::string buckets(const SweepReport& report) {
  if (report.buckets.empty()) {
    return {};
  }
  Places places;
  for (std::size_t i = 0; i < report.buckets.size(); ++i) {
    places.emplace(report.buckets[i].id, i);
  }
  std::string html = tools(report) + "<div class=\"wide\"><table class=\"buckets\">\n<thead><tr>";
  for (const std::string_view head : {"severity", "kind", "runs", "inputs", "first run", "group", "what"}) {
    html += fmt::format("<th><button type=\"button\">{}</button></th>", head);
  }
  html += "</tr></thead>\n";
  const std::size_t most = std::clamp(kMostFrames / report.buckets.size(), kFewestFramesEach, kMostFramesEach);
  for (std::size_t i = 0; i < report.buckets.size(); ++i) {
    html += bucket_rows(report.buckets[i], i, report, places, most);
  }
  return html_section("buckets", html + "</table></div>\n");
}

std::string untested(const SweepReport& report) {
  constexpr std::size_t kMost = 100;
  std::string items;
  std::size_t count = 0;
  for (const SweepRecord& record : report.records) {
    if (record.outcome == SweepOutcome::kUntested && ++count <= kMost) {
      items += fmt::format("<li>{}: {}</li>\n", xml_line(record.input), xml_line(record.problem));
    }
  }
  if (items.empty()) {
    return items;
  }
  const std::string more = count > kMost ? fmt::format("<p>and {} more: see summary.json</p>\n", count - kMost) : "";
  return html_section("not tested", "<ul>\n" + items + "</ul>\n" + more);
}

std::string warnings(const SweepReport& report) {
  std::string items;
  for (const std::string& warning : report.warnings) {
    items += fmt::format("<li>{}</li>\n", xml_line(warning));
  }
  return items.empty() ? items : html_section("warnings", "<ul>\n" + items + "</ul>\n");
}

}  // namespace

std::string to_html(const SweepReport& report) {
  std::string body = header(report) + warnings(report) + outcomes(report);
  body += html_section("new buckets over the runs", html_bucket_chart(report));
  body += buckets(report) + untested(report);
  return html_page({.title = fmt::format("sweep: {} - catcher", counted(report.buckets.size(), "bucket")),
                    .body = body,
                    .style = kStyle,
                    .script = kScript});
}

}  // namespace catcher
