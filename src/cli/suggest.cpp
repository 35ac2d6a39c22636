#include "cli/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace catcher {
namespace {

// Levenshtein's distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view typed, std::span<const std::string> known) {
  constexpr std::size_t kLongestTyped = 64;
  if (typed.size() > kLongestTyped || known.empty()) {
    return std::nullopt;
  }
  const auto nearest = std::min_element(
      known.begin(), known.end(),
      [typed](const std::string& a, const std::string& b) { return distance(typed, a) < distance(typed, b); });
  // Up to a third of the word may be wrong, or it is the beginning of one.
  const bool near = distance(typed, *nearest) <= std::max<std::size_t>(2, typed.size() / 3);
  if (near) {
    return *nearest;
  }
  const auto longer =
      std::find_if(known.begin(), known.end(), [typed](const std::string& k) { return k.starts_with(typed); });
  return longer != known.end() && typed.size() > 3 ? std::optional(*longer) : std::nullopt;
}

}  // namespace catcher
