#include "triage/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

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

// Compares one stack with many.
class Comparison {
 public:
  // `names` is how many different ones there are until now.
  void set(Numbers stack, std::size_t names) {
    for (const std::uint32_t name : stack_) {
      last_[name] = 0;
    }
    stack_ = std::move(stack);
    last_.resize(names);
    for (std::size_t i = 0; i < stack_.size(); ++i) {
      std::uint8_t& last = last_[stack_[i]];
      before_[i] = std::exchange(last, static_cast<std::uint8_t>(i + 1));
    }
  }

  // The heaviest common subsequence, by the places that match, of which there are few. Nothing as soon as it cannot
  // become `wanted` any more.
  std::optional<double> similarity(const Numbers& other, double wanted) const {
    constexpr std::size_t kRows = 8;  // between two looks at what can still become of it
    if (other.empty() || stack_.empty()) {
      return 0;
    }
    const double most = weights_.sums[std::min(other.size(), stack_.size())];
    std::array<double, kMost + 1> best{};  // that ends before each place of the stack
    for (std::size_t i = 0; i < other.size(); ++i) {
      if (i % kRows == 0 && can_still_be(best, i, other.size()) < wanted * most - kRounding) {
        return std::nullopt;
      }
      // From the last place on, so that a row builds upon the one before it.
      for (std::size_t j = last_[other[i]]; j != 0; j = before_[j - 1]) {
        const double gain =
            best[j - 1] + weights_.place[std::min(i, j - 1)] * weights_.shift[i > j - 1 ? i - (j - 1) : j - 1 - i];
        for (std::size_t k = j; k <= stack_.size() && best[k] < gain; ++k) {
          best[k] = gain;
        }
      }
    }
    return best[stack_.size()] / most;
  }

 private:
  static constexpr double kRounding = 1e-9;

  // If from row `i` on everything that is left matched, without a shift.
  double can_still_be(const std::array<double, kMost + 1>& best, std::size_t i, std::size_t rows) const {
    double most = 0;
    for (std::size_t j = 0; j <= stack_.size(); ++j) {
      const std::size_t from = std::min(i, j);
      const std::size_t left = std::min(rows - i, stack_.size() - j);
      most = std::max(most, best[j] + weights_.sums[from + left] - weights_.sums[from]);
    }
    return most;
  }

  const Weights weights_;
  Numbers stack_;
  std::vector<std::uint8_t> last_;            // by name: its last place in the stack, counted from 1; 0: none
  std::array<std::uint8_t, kMost> before_{};  // by place: the place before it with the same name
};

class Numbering {
 public:
  std::size_t size() const { return known_.size(); }

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
  Numbers second = numbering.of(b);
  Comparison comparison;
  comparison.set(std::move(second), numbering.size());
  return comparison.similarity(first, 0).value_or(0);
}

std::vector<std::size_t> group_similar(std::span<const std::vector<std::string>> stacks) {
  Numbering numbering;
  Comparison comparison;
  std::vector<std::vector<Numbers>> groups;
  std::vector<std::size_t> result;
  for (const std::vector<std::string>& stack : stacks) {
    Numbers numbers = numbering.of(stack);
    comparison.set(numbers, numbering.size());
    const auto belongs = [&](const std::vector<Numbers>& group) {
      return std::ranges::all_of(
          group, [&](const Numbers& other) { return comparison.similarity(other, kAlike).value_or(0) >= kAlike; });
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
