#include "report/sweep_summary.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "report/sarif_report.h"
#include "report/sweep_junit.h"
#include "report/sweep_text.h"
#include "sweep_samples.h"

namespace catcher {
namespace {

using samples::record;
using testing::ElementsAre;
using testing::HasSubstr;

const SweepBucket& bucket_of(const SweepReport& report, const std::string& id) {
  return *std::ranges::find(report.buckets, id, &SweepBucket::id);
}

std::vector<SweepRecord> merged(std::vector<SweepRecord> a, const std::vector<SweepRecord>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return summarize_sweep({}, a, {}, {}, 5).records;
}

TEST(SweepSummary, it_counts_runs_inputs_and_outcomes) {
  const SweepReport report = samples::sweep_report();
  EXPECT_EQ(report.runs, 7U);
  EXPECT_EQ(report.inputs, 7U);
  EXPECT_EQ(report.outcomes.at(SweepOutcome::kCrash), 3U);
  EXPECT_EQ(report.outcomes.at(SweepOutcome::kUntested), 1U);
  EXPECT_EQ(report.exit_codes.at(0), 1U);
  ASSERT_EQ(report.buckets.size(), 4U);
  EXPECT_EQ(bucket_of(report, "h1:00aa").runs, 2U);
}

TEST(SweepSummary, a_bucket_is_shown_by_its_smallest_input) {
  const SweepReport report = samples::sweep_report();
  const SweepBucket& bucket = bucket_of(report, "h1:00aa");
  ASSERT_EQ(bucket.examples.size(), 2U);
  EXPECT_EQ(bucket.examples.front().size, 10U);
  EXPECT_TRUE(std::ranges::is_sorted(bucket.examples, {}, &SweepExample::file)) << "the smallest comes first by name";
}

TEST(SweepSummary, no_more_examples_are_listed_than_are_kept) {
  std::vector<SweepRecord> records;
  for (std::uint64_t i = 0; i < 20; ++i) {
    records.push_back(record("input" + std::to_string(i), SweepOutcome::kCrash, "h1:1", 100 - i));
  }
  const SweepReport report = summarize_sweep({}, records, {}, {}, 3);
  ASSERT_EQ(report.buckets.front().examples.size(), 3U);
  EXPECT_EQ(report.buckets.front().examples.front().size, 81U);
}

TEST(SweepSummary, the_inputs_that_took_most_memory_are_named) {
  std::vector<SweepRecord> records;
  for (std::uint64_t i = 0; i < 20; ++i) {
    records.push_back(record("input" + std::to_string(i), SweepOutcome::kPassed));
    records.back().peak = i << 20U;
    records.push_back(records.back());
    records.back().round = 2;
    records.back().peak /= 2;
  }
  const SweepReport report = summarize_sweep({}, records, {}, {}, 3);
  ASSERT_EQ(report.peaks.size(), 10U);
  EXPECT_EQ(report.peaks.front().input, "input19");
  EXPECT_EQ(report.peaks.front().peak, 19U << 20U) << "of its most expensive run";
  EXPECT_EQ(report.peaks.back().input, "input10");
  EXPECT_THAT(to_text(report, false), HasSubstr("most memory: input19 19.0 MB, input18 18.0 MB, input17 17.0 MB\n"));
}

TEST(SweepSummary, without_the_memory_probe_nothing_is_said_of_memory) {
  const SweepReport report = samples::sweep_report();
  EXPECT_TRUE(report.peaks.empty());
  EXPECT_THAT(to_text(report, false), testing::Not(HasSubstr("most memory")));
}

TEST(SweepSummary, similar_stacks_name_each_other) {
  const SweepReport report = samples::sweep_report();
  EXPECT_THAT(bucket_of(report, "h1:00aa").similar, ElementsAre("h1:00bb"));
  EXPECT_EQ(bucket_of(report, "h1:00aa").group, bucket_of(report, "h1:00bb").group);
  EXPECT_NE(bucket_of(report, "h1:00aa").group, bucket_of(report, "h1:00cc").group);
}

TEST(SweepSummary, an_input_that_crashes_only_sometimes_makes_a_flaky_bucket) {
  const std::vector<SweepRecord> records{record("a", SweepOutcome::kCrash, "h1:1", 10, 1),
                                         record("a", SweepOutcome::kPassed, "", 10, 2),
                                         record("a", SweepOutcome::kPassed, "", 10, 3)};
  const SweepReport report = summarize_sweep({}, records, {}, {}, 5);
  EXPECT_EQ(report.inputs, 1U);
  EXPECT_EQ(report.buckets.front().runs, 1U);
  EXPECT_EQ(report.buckets.front().tries, 3U);
  EXPECT_TRUE(report.buckets.front().is_flaky());
}

TEST(SweepMerge, it_is_the_same_in_any_order_and_grouping) {
  std::vector<SweepRecord> all = samples::sweep_records();
  all.push_back(record("plain.txt", SweepOutcome::kCrash, "h1:00aa"));  // the same run, seen twice, once otherwise
  std::mt19937 random(7);
  const std::string expected =
      to_json(summarize_sweep(samples::sweep_identity(), all, samples::sweep_evidences(), {}, 5));
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(all, random);
    EXPECT_EQ(to_json(summarize_sweep(samples::sweep_identity(), all, samples::sweep_evidences(), {}, 5)), expected);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(random() % all.size());
    const std::vector<SweepRecord> a(all.begin(), middle);
    const std::vector<SweepRecord> b(middle, all.end());
    EXPECT_EQ(merged(merged(a, b), b), merged(b, merged(a, {})));
    EXPECT_EQ(merged(a, a), merged(a, {})) << "twice the same is the same";
  }
}

TEST(SweepExitCode, the_worst_bucket_decides) {
  EXPECT_EQ(samples::sweep_report().exit_code, 139U);
  const std::vector<SweepRecord> hung{record("a", SweepOutcome::kHang, "h1:1"), record("b", SweepOutcome::kPassed)};
  EXPECT_EQ(summarize_sweep({}, hung, {}, {}, 5).exit_code, 124U);
  EXPECT_EQ(summarize_sweep({}, {record("b", SweepOutcome::kLimit, "limit:memory")}, {}, {}, 5).exit_code, 137U);
  EXPECT_EQ(summarize_sweep({}, {record("b", SweepOutcome::kPassed)}, {}, {}, 5).exit_code, 0U);
  EXPECT_EQ(summarize_sweep({}, {record("b", SweepOutcome::kUntested)}, {}, {}, 5).exit_code, 125U);
}

TEST(SweepExitCode, what_the_baseline_has_does_not_count_with_fail_on_new) {
  SweepGate gate{std::vector<std::string>{"h1:00aa", "h1:00bb", "limit:memory"}, true};
  const SweepReport report = samples::sweep_report(gate);
  EXPECT_TRUE(bucket_of(report, "h1:00cc").is_new);
  EXPECT_FALSE(bucket_of(report, "h1:00aa").is_new);
  EXPECT_EQ(report.exit_code, 124U);
  gate.baseline->push_back("h1:00cc");
  EXPECT_EQ(samples::sweep_report(gate).exit_code, 125U) << "an input that was not tested still fails it";
  gate.only_new = false;
  EXPECT_EQ(samples::sweep_report(gate).exit_code, 139U);
}

TEST(SweepFileNames, they_are_safe_whatever_the_input_is_called) {
  EXPECT_EQ(example_file(12, "0123456789abcdef0123", "dir/a.jpg"), "000000000012-0123456789abcdef.jpg");
  for (const char* hostile : {"..\\..\\x", "a.b:stream", "con", "x.\xf0\x9f\x92\xa5", "x. ", "x.", "x.<script>", "",
                              "x.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_EQ(example_file(1, "ab", hostile), "000000000001-ab") << hostile;
  }
  EXPECT_EQ(bucket_directory(SweepOutcome::kCrash, "h1:00aa"), "crashes/h1-00aa");
  EXPECT_EQ(bucket_directory(SweepOutcome::kLimit, "limit:memory"), "limits/limit-memory");
  EXPECT_EQ(bucket_directory(SweepOutcome::kHang, "..\\..\\x/y"), "hangs/..-..-x-y");
}

TEST(SweepText, hostile_names_cannot_reach_the_terminal) {
  const std::string text = to_text(samples::sweep_report(), false);
  EXPECT_THAT(text,
              HasSubstr("catcher: 7 runs of 7 inputs: 1 passed, 3 crashed, 1 hung, 1 hit a limit, 1 were not tested"));
  EXPECT_THAT(text, HasSubstr("not tested: gone.txt: file not found (2)"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(SweepText, progress_says_what_is_left) {
  SweepProgress progress;
  progress.total = 1000;
  progress.done = 500;
  progress.done_now = 400;
  progress.crashes = 1;
  progress.elapsed = std::chrono::seconds(10);
  EXPECT_EQ(to_text(progress), "500/1000  40.0 runs/s  1 crash  0 buckets  0 hangs  0:00:12 left");
}

}  // namespace
}  // namespace catcher
