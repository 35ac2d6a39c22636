#pragma once

#include <chrono>
#include <cstdint>

namespace catcher {

// How much time and work the search for names may cost, so that no file, however it was made, can hold a report up.
// Passed down by reference; everything that loops over somebody else's data spends from it and stops when it is spent.
class SymbolBudget {
 public:
  static constexpr std::uint64_t kDefaultWork = 50'000'000;

  explicit SymbolBudget(std::chrono::milliseconds time, std::uint64_t work = kDefaultWork)
      : end_(std::chrono::steady_clock::now() + time), work_(work) {}

  // Spends `units` (one is about one record looked at); false when the budget is spent.
  bool spend(std::uint64_t units = 1) {
    if (is_spent_) {
      return false;
    }
    if (units >= work_) {
      is_spent_ = true;
      return false;
    }
    work_ -= units;
    since_clock_ += units;
    if (since_clock_ >= kUnitsPerClock) {  // the clock costs more than a record
      since_clock_ = 0;
      is_spent_ = std::chrono::steady_clock::now() >= end_;
    }
    return !is_spent_;
  }

  // The same after a step of unknown cost: looks at the clock.
  bool check() {
    is_spent_ = is_spent_ || std::chrono::steady_clock::now() >= end_;
    return !is_spent_;
  }

  bool is_spent() const { return is_spent_; }

 private:
  static constexpr std::uint64_t kUnitsPerClock = 512;
  std::chrono::steady_clock::time_point end_;
  std::uint64_t work_;
  std::uint64_t since_clock_ = 0;
  bool is_spent_ = false;
};

}  // namespace catcher
