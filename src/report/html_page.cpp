#include "report/html_page.h"

#include "report/xml_text.h"
#include "triage/sha256.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace catcher {

namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#f5f6f8;--box:#fff;--ink:#1a1f26;--soft:#59636f;--line:#d8dde3;--mark:#fff4d1;
--accent:#1f62ad;--alarm:#b3261e;--caution:#8a5d00;--good:#19703a;--bar:#8fb4dc;--fill:#d5e4f5}
@media(prefers-color-scheme:dark){:root{--page:#12161b;--box:#1b2027;--ink:#e5e9ee;--soft:#9ba6b2;--line:#313841;--mark:#3d3417;
--accent:#76b4f4;--alarm:#ff8a80;--caution:#e6b94d;--good:#5fd38a;--bar:#4a78aa;--fill:#22384f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 16px 48px;overflow-wrap:anywhere}
h1{font-size:1.35rem;line-height:1.35;margin:8px 0 12px;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 10px}
h3{font-size:.95rem;margin:18px 0 6px}
section,.folded{background:var(--box);border:1px solid var(--line);border-radius:8px;padding:14px 16px;margin:14px 0}
details details,section details{margin:10px 0 0}
summary{cursor:pointer;font-weight:600}
code,pre,.code{font:13px/1.45 ui-monospace,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{margin:8px 0 0;padding:10px;overflow:auto;max-height:420px;background:var(--page);border-radius:6px;white-space:pre-wrap}
dl{display:grid;grid-template-columns:fit-content(40%) minmax(0,1fr);gap:3px 18px;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:8px 0 0}
th,td{text-align:left;padding:3px 10px 3px 0;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600;border-top:0}
td.place{white-space:nowrap}
td.number,th.number{text-align:right;white-space:nowrap;overflow-wrap:normal}
.wide{overflow-x:auto}
.soft{color:var(--soft)}
.counted td:first-child{box-shadow:inset 3px 0 var(--accent);padding-left:8px}
.stack td:first-child{padding-left:8px}
.source .here{background:var(--mark);display:block}
.badge{display:inline-block;border-radius:999px;padding:1px 11px;font-weight:600;border:1px solid currentColor}
.alarm{color:var(--alarm)}.caution{color:var(--caution)}.good{color:var(--good)}.quiet{color:var(--soft)}
.axis{display:grid;grid-template-columns:minmax(0,34%) minmax(0,1fr);gap:2px 12px;align-items:center}
.axis .track{position:relative;height:16px;background:var(--page);border-radius:4px}
.axis .bar{position:absolute;top:2px;bottom:2px;min-width:3px;border-radius:3px;background:var(--bar)}
.axis .bar.bad{background:var(--alarm)}.axis .bar.killed{background:var(--caution)}
.axis .ticks{display:flex;justify-content:space-between;color:var(--soft);font-size:.8rem}
.axis .name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.share{display:inline-block;height:10px;border-radius:3px;background:var(--bar);min-width:1px}
svg{display:block;width:100%;height:auto}
svg .area{fill:var(--fill)}svg .curve{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
svg .grid{stroke:var(--line)}svg .event{stroke:var(--alarm);stroke-dasharray:4 3}
svg text{fill:var(--soft);font:12px system-ui,"Segoe UI",sans-serif}
svg .point{fill:transparent}svg .point:hover{fill:var(--accent)}
@media print{body{background:#fff}section,.folded{break-inside:avoid}}
)css";

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < count ? bytes[i + j] : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= count ? kDigits[(group >> (18 - 6 * j)) & 0x3FU] : '=';
    }
  }
  return text;
}

// CSP 3: nothing is loaded from anywhere, and of scripts only the very one of this page runs.
std::string content_policy(std::string_view script) {
  const std::string scripts =
      script.empty() ? std::string() : fmt::format("; script-src 'sha256-{}'", base64(sha256(script)));
  return "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" + scripts;
}

}  // namespace

std::string html_page(const HtmlPage& page) {
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  html += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n", content_policy(page.script));
  html += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n";
  html += fmt::format("<title>{}</title>\n<style>{}{}</style>\n</head>\n", xml_line(page.title), kStyle, page.style);
  html += fmt::format("<body>\n<main>\n{}</main>\n", page.body);
  html += page.script.empty() ? std::string() : fmt::format("<script>{}</script>\n", page.script);
  return html + "</body>\n</html>\n";
}

std::string html_section(std::string_view title, const std::string& content) {
  return content.empty() ? content : fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", xml_line(title), content);
}

std::string html_folded(std::string_view title, const std::string& content) {
  return content.empty() ? content
                         : fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", xml_line(title), content);
}

std::string html_fact(std::string_view label, std::string_view text) {
  return text.empty() ? std::string() : html_fact_markup(label, xml_line(text));
}

std::string html_fact_markup(std::string_view label, const std::string& markup) {
  return markup.empty() ? markup : fmt::format("<dt>{}</dt><dd>{}</dd>\n", xml_line(label), markup);
}

std::string html_facts(const std::string& facts) {
  return facts.empty() ? facts : fmt::format("<dl>\n{}</dl>\n", facts);
}

std::string html_badge(std::string_view word, std::string_view tone) {
  return fmt::format("<span class=\"badge {}\">{}</span>", tone, xml_line(word));
}

}  // namespace catcher
