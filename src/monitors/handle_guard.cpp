#include "monitors/handle_guard.h"

#include "triage/wildcard.h"

#include <algorithm>

namespace catcher {

bool is_guarded(std::span<const std::string> guards, std::string_view type, std::string_view name) {
  const std::string_view last = name.substr(name.find_last_of('\\') + 1);
  return std::any_of(guards.begin(), guards.end(), [&](const std::string& guard) {
    const std::size_t colon = guard.find(':');
    // "C:\…" is a name, not a type.
    const bool has_type = colon != std::string::npos && colon > 1;
    const std::string_view pattern = std::string_view(guard).substr(has_type ? colon + 1 : 0);
    const bool is_path = pattern.find('\\') != std::string_view::npos;
    return (!has_type || matches_wildcard(type, std::string_view(guard).substr(0, colon))) &&
           matches_wildcard(is_path ? name : last, pattern);
  });
}

}  // namespace catcher
