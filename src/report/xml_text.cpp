#include "report/xml_text.h"

#include "report/escape.h"

namespace catcher {

namespace {

void append_markup_escaped(std::string& xml, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        xml += "&amp;";
        break;
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";  // also where it would end a CDATA section
        break;
      case '"':
        xml += "&quot;";
        break;
      default:
        xml += c;
    }
  }
}

}  // namespace

std::string xml_line(std::string_view text) {
  std::string xml;
  xml.reserve(text.size());
  append_markup_escaped(xml, escape_for_terminal(text));
  return xml;
}

std::string xml_lines(std::string_view text) {
  std::string xml;
  xml.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\t\r\n");
    append_markup_escaped(xml, escape_for_terminal(text.substr(0, end)));
    if (end == std::string_view::npos) {
      break;
    }
    xml += text[end] == '\t' ? '\t' : '\n';
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return xml;
}

}  // namespace catcher
