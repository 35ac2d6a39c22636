#pragma once

#include "report/sweep_journal.h"

#include <catcher/sweep.h>

#include <string>
#include <vector>

namespace catcher {

// "crashes/h1-3f2a…": where what is kept of a bucket lies, from the output directory on. A safe file name whatever the
// id is.
std::string bucket_directory(SweepOutcome outcome, const std::string& bucket);

// "000000000012-3f2a….jpg": the file that an example is kept in; by name, the smallest comes first. `input` gives the
// extension, as far as that is safe.
std::string example_file(std::uint64_t size, const std::string& hash, const std::string& input);

// True when an example of this size and hash comes before the other one: smallest first.
bool is_smaller(std::uint64_t size, const std::string& hash, std::uint64_t other_size, const std::string& other_hash);

// What a sweep has found, from its journal and from what was kept of the buckets. The order of neither makes a
// difference. Of each bucket `keep` examples are listed.
SweepReport summarize_sweep(const SweepIdentity& identity, std::vector<SweepRecord> records,
                            const std::vector<SweepEvidence>& evidences, const SweepGate& gate, std::size_t keep);

// The exit code that the findings of a report give; 0 when there are none that count.
std::uint32_t sweep_exit_code(const SweepReport& report, const SweepGate& gate);

}  // namespace catcher
