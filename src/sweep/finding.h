#pragma once

#include <catcher/sweep.h>

#include <string>

namespace catcher {

// How a finished run counts, and which bucket it ended in.
struct Classified {
  SweepOutcome outcome = SweepOutcome::kPassed;
  std::string bucket;  // empty for one that passed
};
Classified classify(const RunReport& report);

// What is kept of a run that ended in a bucket; the input is the caller's to fill in.
SweepEvidence evidence_of(const RunReport& report, const Classified& classified);

}  // namespace catcher
