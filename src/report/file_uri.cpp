#include "report/file_uri.h"

#include "report/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace catcher {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What may stand in a segment as it is: RFC 3986's unreserved characters and some of its sub-delims. No colon: in the
// first segment of a relative reference it would end a scheme.
bool stays(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || std::string_view("-._~!$'()+,=@").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view segment) {
  std::string text;
  for (const char c : segment) {
    if (stays(c)) {
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "%{:02X}", static_cast<std::uint8_t>(c));
    }
  }
  return text;
}

// Where the path hangs: what stands before its first segment.
struct Root {
  std::string prefix;      // of the URI; empty: the path is relative
  std::string_view rest;   // the segments
  bool has_share = false;  // \\server\share: these two segments cannot be left by ".."
};

bool has_drive(std::string_view path) {
  return path.size() >= 3 && is_letter(path[0]) && path[1] == ':' && path[2] == '/';
}

Root root_of(std::string_view path) {
  if (path.starts_with("//?/UNC/") || path.starts_with("//?/unc/")) {
    return {"file://", path.substr(8), true};
  }
  if (path.starts_with("//?/") || path.starts_with("//./")) {
    path.remove_prefix(4);
  }
  if (has_drive(path)) {
    return {fmt::format("file:///{}:/", path[0]), path.substr(3), false};
  }
  if (path.starts_with("//") && path.size() > 2 && path[2] != '/') {
    return {"file://", path.substr(2), true};
  }
  if (path.starts_with("/")) {
    return {"file:///", path.substr(1), false};
  }
  return {"", path, false};
}

std::vector<std::string_view> segments_of(const Root& root) {
  std::vector<std::string_view> segments;
  const std::size_t fixed = root.has_share ? 2 : 0;
  for (std::size_t begin = 0; begin <= root.rest.size();) {
    const std::size_t end = std::min(root.rest.find('/', begin), root.rest.size());
    const std::string_view segment = root.rest.substr(begin, end - begin);
    begin = end + 1;
    if (segment.empty() || segment == ".") {
      continue;
    }
    const bool up = segment == ".." && segments.size() >= fixed;
    if (up && segments.size() > fixed && segments.back() != "..") {
      segments.pop_back();
    } else if (!up || root.prefix.empty()) {  // above a root there is nothing
      segments.push_back(segment);
    }
  }
  return segments;
}

}  // namespace

std::string file_uri(std::string_view path) {
  std::string slashed = to_valid_utf8(path);
  std::ranges::replace(slashed, '\\', '/');
  const Root root = root_of(slashed);
  std::string uri;
  for (const std::string_view segment : segments_of(root)) {
    uri += uri.empty() ? "" : "/";
    uri += encoded(segment);
  }
  uri.insert(0, root.prefix);
  return uri.empty() ? "." : uri;
}

}  // namespace catcher
