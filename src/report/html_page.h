#pragma once

#include <string>
#include <string_view>

namespace catcher {

// The frame that every HTML report of catcher stands in: one file that needs nothing else, light and dark, and forbids
// the browser to fetch anything or to run any script but `script`, whatever stands in the text.

// What a page is made of. All of it is markup but `title`: its makers have escaped the texts in it.
struct HtmlPage {
  std::string title;        // plain text
  std::string body;         // what stands in <main>
  std::string_view style;   // CSS on top of the common one; may be empty
  std::string_view script;  // may be empty
};

std::string html_page(const HtmlPage& page);

// "<h2>TITLE</h2>" and the content in a box of its own; empty when the content is. `title` is plain text.
std::string html_section(std::string_view title, const std::string& content);

// The same, folded away until somebody wants to see it.
std::string html_folded(std::string_view title, const std::string& content);

// A row of a list of facts: "<dt>LABEL</dt><dd>TEXT</dd>"; empty when the text is. Both are plain text.
std::string html_fact(std::string_view label, std::string_view text);

// The same where the value is markup.
std::string html_fact_markup(std::string_view label, const std::string& markup);

// "<dl>" around facts; empty when there are none.
std::string html_facts(const std::string& facts);

// A word with a colour that says how bad it is: "crashed". `tone`: alarm, caution, good, quiet.
std::string html_badge(std::string_view word, std::string_view tone);

}  // namespace catcher
