#include "triage/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>

namespace catcher {

namespace {

constexpr double kToTop = 0.04;    // how fast the weight of a frame falls with its distance from the crash
constexpr double kShift = 0.13;    // and with the difference of its places in the two stacks
constexpr double kAlike = 0.7;     // 1 - the largest distance within a group
constexpr std::size_t kMost = 64;  // frames that are looked at

using Numbers = std::vector<std::uint32_t>;  // one for each different name

// exp() of each weight, worked out once: groups of thousands of stacks are compared pair by pair.
struct Weights {
  std::array<double, kMost> place{};
  std::array<double, kMost> shift{};
  std::array<double, kMost + 1> sums{};  // of the first n places

  Weights() {
    for (std::size_t i = 0; i < kMost; ++i) {
      place[i] = std::exp(-kToTop * static_cast<double>(i));
      shift[i] = std::exp(-kShift * static_cast<double>(i));
      sums[i + 1] = sums[i] + place[i];
    }
  }
};

// The heaviest common subsequence, one row at a time.
double similarity(const Weights& weights, const Numbers& a, const Numbers& b) {
  if (a.empty() || b.empty()) {
    return 0;
  }
  std::array<double, kMost + 1> row{};
  for (std::size_t i = 0; i < a.size(); ++i) {
    double diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const double above = row[j + 1];
      const double gain =
          a[i] == b[j] ? diagonal + weights.place[std::min(i, j)] * weights.shift[i > j ? i - j : j - i] : 0;
      row[j + 1] = std::max({above, row[j], gain});
      diagonal = above;
    }
  }
  return row[b.size()] / weights.sums[std::min(a.size(), b.size())];
}

class Numbering {
 public:
  Numbers of(std::span<const std::string> names) {
    Numbers numbers;
    for (const std::string& name : names.first(std::min(names.size(), kMost))) {
      numbers.push_back(known_.try_emplace(name, static_cast<std::uint32_t>(known_.size())).first->second);
    }
    return numbers;
  }

 private:
  std::map<std::string_view, std::uint32_t> known_;
};

}  // namespace

double stack_similarity(std::span<const std::string> a, std::span<const std::string> b) {
  Numbering numbering;
  const Numbers first = numbering.of(a);
  return similarity(Weights(), first, numbering.of(b));
}

std::vector<std::size_t> group_similar(std::span<const std::vector<std::string>> stacks) {
  const Weights weights;
  Numbering numbering;
  std::vector<std::vector<Numbers>> groups;
  std::vector<std::size_t> result;
  for (const std::vector<std::string>& stack : stacks) {
    Numbers numbers = numbering.of(stack);
    const auto belongs = [&](const std::vector<Numbers>& group) {
      return std::ranges::all_of(group,
                                 [&](const Numbers& other) { return similarity(weights, other, numbers) >= kAlike; });
    };
    const auto group = std::ranges::find_if(groups, belongs);
    result.push_back(static_cast<std::size_t>(group - groups.begin()));
    if (group == groups.end()) {
      groups.push_back({std::move(numbers)});
    } else {
      group->push_back(std::move(numbers));
    }
  }
  return result;
}

}  // namespace catcher
