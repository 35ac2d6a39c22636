#pragma once

#include <catcher/sweep.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catcher {

// The files of a sweep's output directory as text: what is written, and read again by the next sweep, by a merge and by
// people's scripts. Valid UTF-8 whatever the names of inputs and the debuggee's text were.

// What a sweep is of: two with the same identity may continue each other. The first line of a journal.
struct SweepIdentity {
  std::string command_line;
  std::vector<std::string> corpora;
  std::vector<std::string> shards;
  std::vector<std::string> options;  // words of a command line: "--timeout=5000ms"

  friend bool operator==(const SweepIdentity&, const SweepIdentity&) = default;
};

// "passed", "crash", …: as they stand in the files, for ever.
std::string_view outcome_name(SweepOutcome outcome);

// One line each, ended by a line feed.
std::string identity_line(const SweepIdentity& identity);
std::string record_line(const SweepRecord& record);
std::string complete_line();  // says that every input was run

// What a whole journal says. Lines that are not whole (the last one of a process that was killed, or what a power cut
// has left) are counted and passed over.
struct Journal {
  std::optional<SweepIdentity> identity;  // nothing: this is no journal
  std::vector<SweepRecord> records;
  bool complete = false;
  std::size_t torn = 0;
};
Journal read_journal(std::string_view text);

// bucket.json: what is known of a bucket beside its runs.
std::string evidence_json(const SweepEvidence& evidence);
std::optional<SweepEvidence> read_evidence(std::string_view text);

// summary.json: docs/sweep.schema.json.
std::string to_json(const SweepReport& report);

// The ids of the buckets of a summary.json; nothing when it is none.
std::optional<std::vector<std::string>> read_bucket_ids(std::string_view summary);

}  // namespace catcher
