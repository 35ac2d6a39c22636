#include "monitors/handle_table.h"

#include "monitors/handle_findings.h"
#include "monitors/handle_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace catcher {
namespace {

constexpr std::uint32_t kProgram = 1;
constexpr std::uint32_t kEngine = 2;

// A table to which things happen in order.
class HandleTableTest : public testing::Test {
 protected:
  HandleStep step(std::uint32_t owner, std::string type = {}, std::uint32_t tid = 1) {
    HandleStep result;
    result.owner = owner;
    result.type = std::move(type);
    result.tid = tid;
    result.order = ++order_;
    return result;
  }
  void open(std::uint64_t key, std::uint32_t owner, std::string type) {
    HandleStep asked = step(owner, std::move(type));
    const std::uint64_t when = asked.order;
    asked.kind = HandleEventKind::kOpened;
    asked.order = ++order_;
    table_.opened(key, std::move(asked), when);
  }
  std::optional<HandleDefect> close(std::uint64_t key, std::uint32_t owner, HandleNow now = {}, bool closing = false) {
    return table_.closed(key, step(owner), now, closing);
  }
  std::optional<HandleDefect> use(std::uint64_t key, std::string_view wanted, HandleNow now = {}) {
    return table_.needs_look(key, wanted) ? table_.used(key, step(kProgram), wanted, now) : std::nullopt;
  }

  HandleTable table_;
  std::uint64_t order_ = 0;
};

TEST_F(HandleTableTest, ignores_tag_bits_null_pseudo_and_kernel_handles) {
  EXPECT_EQ(HandleTable::key(0x37), 0x34U);
  EXPECT_EQ(HandleTable::key(0x34), 0x34U);
  EXPECT_EQ(HandleTable::key(0), std::nullopt);
  EXPECT_EQ(HandleTable::key(3), std::nullopt);
  EXPECT_EQ(HandleTable::key(~std::uint64_t{0}), std::nullopt);
  EXPECT_EQ(HandleTable::key(0xFFFFFFFE), std::nullopt);
  EXPECT_EQ(HandleTable::key(0x80000004), std::nullopt);
}

TEST_F(HandleTableTest, finds_nothing_wrong_with_open_and_close) {
  for (int i = 0; i < 40; ++i) {
    open(4, kProgram, "Event");
    EXPECT_TRUE(table_.is_open(4));
    EXPECT_FALSE(close(4, kProgram));
  }
  EXPECT_FALSE(table_.is_open(4));
  EXPECT_EQ(table_.find(4)->steps.size(), HandleHistory::kSteps);
}

TEST_F(HandleTableTest, finds_a_second_close) {
  open(4, kProgram, "Event");
  close(4, kProgram);
  const auto defect = close(4, kProgram);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, HandleFindingKind::kDoubleClose);
}

TEST_F(HandleTableTest, takes_a_value_that_the_system_still_has_for_opened_unseen) {
  open(4, kProgram, "Event");
  close(4, kProgram);
  EXPECT_FALSE(close(4, kProgram, {true, "File", ""}));
  EXPECT_EQ(table_.find(4)->steps.back().type, "File");
}

TEST_F(HandleTableTest, a_close_that_nobody_looked_at_is_no_defect_by_itself) {
  close(4, kProgram, {true, "Event", ""});
  EXPECT_FALSE(close(4, kProgram, {false, {}, {}, false}));
  EXPECT_EQ(table_.find(4)->steps.size(), 2U);
}

TEST(HandleGuard, a_pattern_means_a_type_and_a_name_or_a_name) {
  const auto means = [](std::string pattern, std::string_view type, std::string_view name) {
    const std::vector<std::string> guards{"never", std::move(pattern)};
    return is_guarded(guards, type, name);
  };
  EXPECT_TRUE(means("Semaphore:_Task*", "Semaphore", "_TaskThread6"));
  EXPECT_TRUE(means("semaphore:_task*", "Semaphore", R"(\Sessions\1\BaseNamedObjects\_TaskThread6)"));
  EXPECT_FALSE(means("Event:_Task*", "Semaphore", "_TaskThread6"));
  EXPECT_TRUE(means("_Task*", "Semaphore", "_TaskThread6"));
  EXPECT_TRUE(means(R"(*\data\*.db)", "File", R"(\??\C:\data\x.db)"));
  EXPECT_FALSE(means("Semaphore:_Task*", "Semaphore", ""));
  EXPECT_FALSE(is_guarded({}, "Semaphore", "_TaskThread6"));
}

TEST(HandleGrowth, needs_enough_handles_from_the_whole_run) {
  using namespace std::chrono_literals;
  const auto every = [](int count, std::chrono::milliseconds pause, std::chrono::milliseconds first) {
    std::vector<std::chrono::milliseconds> times;
    for (int i = 0; i < count; ++i) {
      times.push_back(first + i * pause);
    }
    return times;
  };
  EXPECT_TRUE(is_growing(every(10, 100ms, 0ms), 1000ms));
  EXPECT_FALSE(is_growing(every(7, 140ms, 0ms), 1000ms)) << "too few";
  EXPECT_FALSE(is_growing(every(10, 10ms, 0ms), 1000ms)) << "all at the start";
  EXPECT_FALSE(is_growing(every(10, 10ms, 900ms), 1000ms)) << "all at the end";
  EXPECT_FALSE(is_growing({}, 1000ms));
}

TEST_F(HandleTableTest, finds_two_threads_that_close_the_same_at_the_same_time) {
  open(4, kProgram, "Event");
  close(4, kProgram);
  const auto defect = close(4, kProgram, {true, "Event", ""}, true);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, HandleFindingKind::kDoubleClose);
}

TEST_F(HandleTableTest, says_nothing_of_a_close_of_what_it_never_saw) {
  EXPECT_FALSE(close(4, kProgram));
  EXPECT_FALSE(close(8, kProgram, {true, "Event", ""}));
}

TEST_F(HandleTableTest, finds_a_module_that_closes_what_has_become_somebody_elses) {
  open(4, kEngine, "File");
  close(4, kEngine);
  open(4, kProgram, "Semaphore");
  const auto defect = close(4, kEngine);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, HandleFindingKind::kStaleClose);
  EXPECT_FALSE(defect->is_doubtful);
  EXPECT_EQ(table_.find(4)->steps.back().type, "Semaphore");
}

TEST_F(HandleTableTest, a_handle_that_is_given_away_is_no_stale_one) {
  open(4, kProgram, "Semaphore");
  EXPECT_FALSE(close(4, kEngine));
}

TEST_F(HandleTableTest, doubts_a_stale_close_where_handles_are_given_away_anyway) {
  open(8, kProgram, "Semaphore");
  EXPECT_FALSE(close(8, kEngine));
  open(4, kEngine, "File");
  close(4, kEngine);
  open(4, kProgram, "Semaphore");
  const auto defect = close(4, kEngine);
  ASSERT_TRUE(defect);
  EXPECT_TRUE(defect->is_doubtful);
}

TEST_F(HandleTableTest, knows_no_stale_close_where_modules_are_not_known) {
  open(4, 0, "File");
  close(4, 0);
  open(4, kProgram, "Semaphore");
  EXPECT_FALSE(close(4, 0));
}

TEST_F(HandleTableTest, notes_a_close_that_it_did_not_see) {
  open(4, kProgram, "Event");
  open(4, kProgram, "File");
  const auto& steps = table_.find(4)->steps;
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[1].kind, HandleEventKind::kClosedUnseen);
  EXPECT_EQ(steps[1].type, "Event");
  EXPECT_TRUE(table_.is_open(4));
}

TEST_F(HandleTableTest, finds_the_use_of_what_is_closed) {
  open(4, kProgram, "Semaphore");
  EXPECT_FALSE(use(4, "Semaphore"));
  close(4, kProgram);
  const auto defect = use(4, "Semaphore");
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, HandleFindingKind::kUseAfterClose);
}

TEST_F(HandleTableTest, finds_the_use_of_what_has_become_something_else) {
  open(4, kProgram, "Semaphore");
  close(4, kProgram);
  open(4, kEngine, "Event");
  EXPECT_TRUE(use(4, "Semaphore", {true, "Event", ""}));
}

TEST_F(HandleTableTest, the_wrong_object_alone_is_no_stale_handle) {
  open(4, kEngine, "Event");
  EXPECT_FALSE(use(4, "Semaphore", {true, "Event", ""}));
}

TEST_F(HandleTableTest, a_close_that_failed_leaves_a_handle_that_may_be_used) {
  open(4, kProgram, "Semaphore");
  close(4, kProgram);
  EXPECT_FALSE(use(4, "Semaphore", {true, "Semaphore", ""}));
}

TEST_F(HandleTableTest, asks_again_where_a_value_was_closed_while_it_was_given_out) {
  HandleStep asked = step(kProgram, "Event", 1);
  const std::uint64_t when = asked.order;
  close(4, kEngine, {true, "Event", ""});
  asked.order = ++order_;
  table_.opened(4, asked, when);
  EXPECT_FALSE(table_.is_open(4));
  EXPECT_TRUE(table_.needs_look(4, "Event"));
  EXPECT_FALSE(close(4, kProgram, {true, "Event", ""}));
}

TEST_F(HandleTableTest, what_was_open_at_the_beginning_may_be_closed_once) {
  HandleStep found;
  table_.found(4, found);
  EXPECT_TRUE(table_.is_open(4));
  EXPECT_FALSE(close(4, kProgram));
  EXPECT_TRUE(close(4, kProgram));
}

}  // namespace
}  // namespace catcher
