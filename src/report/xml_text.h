#pragma once

#include <string>
#include <string_view>

namespace catcher {

// Any bytes as one line of XML 1.0 text, for an attribute in double quotes or for an element: what XML does not allow,
// and what a person would not see, is shown as an escape (\x1b, \n), markup as a character reference.
std::string xml_line(std::string_view text);

// The same for text of several lines in an element: line ends (LF, CR LF, CR) become line feeds, tabs stay.
std::string xml_lines(std::string_view text);

}  // namespace catcher
