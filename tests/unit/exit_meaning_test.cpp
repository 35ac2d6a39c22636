#include "monitors/exit_meaning.h"

#include <gtest/gtest.h>

namespace catcher {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kAccessViolation = 0xC0000005;

ExitFacts ended(std::uint32_t status, ExitRequest request) {
  return {status, request, false, std::nullopt, 0};
}

ExitFacts with_fault(ExitFacts facts, std::chrono::milliseconds age, std::uint32_t code = kAccessViolation) {
  facts.unresolved_fault_age = age;
  facts.unresolved_fault_code = code;
  return facts;
}

ExitFacts of_root(ExitFacts facts) {
  facts.is_root = true;
  return facts;
}

TEST(ExplainExit, exit_call_is_normal_whatever_the_code) {
  EXPECT_EQ(explain_exit(ended(0, ExitRequest::kExitCall), {}), ExitMeaning::kNormal);
  EXPECT_EQ(explain_exit(ended(0xC0000005, ExitRequest::kExitCall), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, exit_call_after_a_handled_fault_is_normal) {
  EXPECT_EQ(explain_exit(with_fault(ended(3, ExitRequest::kExitCall), 1ms), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, end_that_nobody_asked_for_right_after_a_fault_is_that_fault) {
  EXPECT_EQ(explain_exit(with_fault(ended(0, ExitRequest::kNone), 2ms), {}), ExitMeaning::kDiedOfFault);
}

TEST(ExplainExit, old_fault_is_not_what_a_process_died_of) {
  EXPECT_EQ(explain_exit(with_fault(ended(1, ExitRequest::kNone), 1min), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, old_stack_overflow_still_is) {
  EXPECT_EQ(explain_exit(with_fault(ended(1, ExitRequest::kNone), 1min, 0xC00000FD), {}), ExitMeaning::kDiedOfFault);
}

TEST(ExplainExit, process_that_ends_itself_with_the_code_of_its_fault_died_of_it) {
  EXPECT_EQ(explain_exit(with_fault(ended(kAccessViolation, ExitRequest::kOwnHand), 1ms), {}),
            ExitMeaning::kDiedOfFault);
  EXPECT_EQ(explain_exit(with_fault(ended(7, ExitRequest::kOwnHand), 1ms), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, ignored_fault_is_no_crash_where_its_second_chance_never_came) {
  CrashPolicy policy;
  policy.ignore = {kAccessViolation};
  EXPECT_EQ(explain_exit(with_fault(ended(1, ExitRequest::kNone), 1ms), policy), ExitMeaning::kNormal);
}

TEST(ExplainExit, process_that_another_one_ended_did_not_crash) {
  EXPECT_EQ(explain_exit(with_fault(ended(0xC0000005, ExitRequest::kByTree), 1ms), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, process_that_catcher_ended_did_not_crash) {
  CrashPolicy policy;
  policy.crash_on_exit = {1};
  EXPECT_EQ(explain_exit(ended(1, ExitRequest::kByCatcher), policy), ExitMeaning::kNormal);
}

TEST(ExplainExit, error_status_that_nobody_asked_for_is_a_crash) {
  EXPECT_EQ(explain_exit(ended(0xC0000374, ExitRequest::kNone), {}), ExitMeaning::kStatus);
  EXPECT_EQ(explain_exit(ended(0xC0000602, ExitRequest::kOwnHand), {}), ExitMeaning::kStatus);
}

TEST(ExplainExit, console_interruption_is_no_crash) {
  EXPECT_EQ(explain_exit(ended(0xC000013A, ExitRequest::kNone), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, plain_code_is_normal) {
  EXPECT_EQ(explain_exit(ended(134, ExitRequest::kOwnHand), {}), ExitMeaning::kNormal);
  EXPECT_EQ(explain_exit(ended(0xFFFFFFFF, ExitRequest::kNone), {}), ExitMeaning::kNormal);
}

TEST(ExplainExit, code_on_the_users_list_is_a_crash_also_by_exit_call) {
  CrashPolicy policy;
  policy.crash_on_exit = {134};
  EXPECT_EQ(explain_exit(ended(134, ExitRequest::kExitCall), policy), ExitMeaning::kStatus);
  EXPECT_EQ(explain_exit(ended(135, ExitRequest::kExitCall), policy), ExitMeaning::kNormal);
}

TEST(ExplainExit, ignored_status_is_no_crash) {
  CrashPolicy policy;
  policy.ignore = {0xC0000602};
  EXPECT_EQ(explain_exit(ended(0xC0000602, ExitRequest::kOwnHand), policy), ExitMeaning::kNormal);
}

TEST(ExplainExit, loader_failure_of_the_root_means_that_it_cannot_start) {
  EXPECT_EQ(explain_exit(of_root(ended(0xC0000135, ExitRequest::kOwnHand)), {}), ExitMeaning::kCannotStart);
}

TEST(ExplainExit, loader_failure_of_a_child_is_a_crash) {
  EXPECT_EQ(explain_exit(ended(0xC0000135, ExitRequest::kOwnHand), {}), ExitMeaning::kStatus);
}

}  // namespace
}  // namespace catcher
