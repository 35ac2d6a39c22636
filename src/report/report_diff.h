#pragma once

#include <string>
#include <string_view>

namespace catcher {

// What is different in the second of two JSON reports of catcher: verdicts, buckets, memory by use, heaps, and
// allocation groups where both have them. A line or more, safe for a terminal; `first` and `second` are what the
// reports are called. Throws std::invalid_argument, one line with the report's name and the remedy, when one of them is
// no report: what is in it may be anything.
std::string diff_reports(std::string_view first_name, std::string_view first, std::string_view second_name,
                         std::string_view second);

}  // namespace catcher
