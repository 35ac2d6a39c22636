#include "report/sweep_journal.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

#include "schema_check.h"
#include "sweep_samples.h"

namespace catcher {
namespace {

using nlohmann::json;
using testing::ElementsAre;

std::string journal_text() {
  std::string text = identity_line(samples::sweep_identity());
  for (const SweepRecord& record : samples::sweep_records()) {
    text += record_line(record);
  }
  return text;
}

TEST(SweepJournal, what_was_written_is_read_again) {
  const Journal journal = read_journal(journal_text() + complete_line());
  ASSERT_TRUE(journal.identity.has_value());
  EXPECT_EQ(*journal.identity, samples::sweep_identity());
  EXPECT_EQ(journal.records, samples::sweep_records());
  EXPECT_TRUE(journal.complete);
  EXPECT_EQ(journal.torn, 0U);
}

// Killed at any byte: what was finished before the torn line is all there, the torn line is noticed, nothing is made
// up.
TEST(SweepJournal, the_memory_of_a_run_is_read_again) {
  SweepRecord record = samples::record("big", SweepOutcome::kPassed);
  record.peak = std::uint64_t{3} << 40U;
  EXPECT_EQ(read_journal(record_line(record)).records.at(0), record);
}

TEST(SweepJournal, cut_at_any_byte_it_has_every_line_that_was_whole) {
  const std::string text = journal_text();
  const std::vector<SweepRecord> all = samples::sweep_records();
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Journal journal = read_journal(std::string_view(text).substr(0, size));
    const auto lines =
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), '\n'));
    const std::size_t whole = lines == 0 ? 0 : lines - 1;
    ASSERT_EQ(journal.records.size(), whole) << size;
    EXPECT_TRUE(std::equal(journal.records.begin(), journal.records.end(), all.begin()));
    const bool at_line_end = size == 0 || text[size - 1] == '\n';
    // The first line without its line feed is whole all the same: nothing but a run is lost with a torn line.
    EXPECT_EQ(journal.torn, at_line_end || (lines == 0 && journal.identity) ? 0U : 1U) << size;
  }
}

TEST(SweepJournal, zeros_that_a_power_cut_has_left_are_one_torn_line) {
  const Journal journal = read_journal(journal_text() + std::string(512, '\0'));
  EXPECT_EQ(journal.records.size(), samples::sweep_records().size());
  EXPECT_EQ(journal.torn, 1U);
}

TEST(SweepJournal, anything_else_is_no_journal) {
  for (const char* text : {"", "\n", "hello\n", "{}\n", "[1,2]\n", "{\"schema\":\"catcher-report/1\"}\n", "null\n"}) {
    EXPECT_FALSE(read_journal(text).identity.has_value()) << text;
  }
}

TEST(SweepJournal, a_run_after_the_end_makes_it_unfinished_again) {
  EXPECT_FALSE(
      read_journal(journal_text() + complete_line() + record_line(samples::record("late", SweepOutcome::kPassed)))
          .complete);
}

TEST(SweepEvidence, what_was_written_is_read_again) {
  for (const SweepEvidence& evidence : samples::sweep_evidences()) {
    const std::string text = evidence_json(evidence);
    const auto read = read_evidence(text);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(evidence_json(*read), text);
    EXPECT_EQ(read->names, evidence.names);
    EXPECT_EQ(read->stack.size(), evidence.stack.size());
    EXPECT_EQ(read->hash, evidence.hash);
  }
}

TEST(SweepEvidence, anything_else_is_refused) {
  for (const char* text : {"", "{", "{}", "[]", "{\"schema\":\"catcher-bucket/1\"}",
                           "{\"schema\":\"catcher-bucket/1\",\"outcome\":\"nonsense\"}"}) {
    EXPECT_FALSE(read_evidence(text).has_value()) << text;
  }
}

TEST(SweepSummaryJson, it_keeps_to_its_schema) {
  std::ifstream file(std::string(CATCHER_DOCS_DIR) + "/sweep.schema.json", std::ios::binary);
  const json schema = json::parse(file);
  SweepGate gate;
  gate.baseline = {"h1:00aa"};
  for (const SweepReport& report : {samples::sweep_report(), samples::sweep_report(gate), SweepReport{}}) {
    EXPECT_EQ(check_against_schema(json::parse(to_json(report)), schema), "");
  }
  SweepReport failed = samples::sweep_report();
  failed.failure = "the journal cannot be written";
  failed.warnings = {"one"};
  failed.shards = {"1/2"};
  failed.buckets.front().evidence.confirm_runs = 3;
  EXPECT_EQ(check_against_schema(json::parse(to_json(failed)), schema), "");
}

TEST(SweepSummaryJson, its_buckets_are_a_baseline) {
  const auto ids = read_bucket_ids(to_json(samples::sweep_report()));
  ASSERT_TRUE(ids.has_value());
  EXPECT_THAT(*ids, ElementsAre("h1:00aa", "h1:00bb", "h1:00cc", "limit:memory"));
  EXPECT_FALSE(read_bucket_ids("{}").has_value());
  EXPECT_FALSE(read_bucket_ids("").has_value());
  EXPECT_FALSE(read_bucket_ids("{\"schema\":\"catcher-sweep/1\"}").has_value());
}

}  // namespace
}  // namespace catcher
