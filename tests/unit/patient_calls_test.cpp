#include "win32/patient_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace catcher {
namespace {

using testing::ElementsAre;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kShort{500};

Patience patience() {
  return {Clock::now() + std::chrono::seconds(60), kShort, kShort};
}

// Where calls that do not return stay until the test ends.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
    changed_.notify_all();
  }

  void open() {
    std::unique_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

TEST(PatientCalls, give_their_results_in_order) {
  const auto twice = [](std::size_t i) { return std::optional(i * 2); };
  EXPECT_THAT(call_patiently<std::size_t>(4, twice, patience()), ElementsAre(0, 2, 4, 6));
}

TEST(PatientCalls, of_none_are_none) {
  const auto never = [](std::size_t) -> std::optional<int> { throw std::bad_function_call(); };
  EXPECT_TRUE(call_patiently<int>(0, never, patience()).empty());
}

TEST(PatientCalls, leave_those_behind_that_do_not_return) {
  const auto gate = std::make_shared<Gate>();
  const auto call = [gate](std::size_t i) -> std::optional<std::size_t> {
    if (i == 1 || i == 2) {
      gate->wait();
    }
    return i;
  };
  EXPECT_THAT(call_patiently<std::size_t>(5, call, patience()), ElementsAre(0, std::nullopt, std::nullopt, 3, 4));
  gate->open();
}

TEST(PatientCalls, are_made_once_each_however_slow_their_neighbours_are) {
  const auto gate = std::make_shared<Gate>();
  const auto made = std::make_shared<std::atomic<int>>(0);
  const auto call = [gate, made](std::size_t i) -> std::optional<std::size_t> {
    ++*made;
    if (i == 0) {
      gate->wait();
    }
    return i;
  };
  call_patiently<std::size_t>(3, call, patience());
  gate->open();
  EXPECT_EQ(*made, 3) << "a call that returns late does not go on with what others did meanwhile";
}

TEST(PatientCalls, are_not_made_behind_the_deadline) {
  const auto call = [](std::size_t i) { return std::optional(i); };
  EXPECT_THAT(call_patiently<std::size_t>(2, call, {Clock::now()}), ElementsAre(std::nullopt, std::nullopt));
}

TEST(PatientCalls, may_have_no_result) {
  const auto call = [](std::size_t i) { return i == 0 ? std::nullopt : std::optional(i); };
  EXPECT_THAT(call_patiently<std::size_t>(2, call, patience()), ElementsAre(std::nullopt, 1));
}

}  // namespace
}  // namespace catcher
