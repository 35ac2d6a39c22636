#pragma once

#include "report/sweep_summary.h"

#include <string>
#include <vector>

namespace catcher::samples {

// Records and what was kept of a sweep over a few inputs: two crashes with similar stacks, a hang, an input that could
// not be read, and names that no output format may fall for.
SweepIdentity sweep_identity();
std::vector<SweepRecord> sweep_records();
std::vector<SweepEvidence> sweep_evidences();
SweepReport sweep_report(const SweepGate& gate = {});

// One record; its hash is made from its input.
SweepRecord record(const std::string& input, SweepOutcome outcome, const std::string& bucket = {},
                   std::uint64_t size = 10, std::uint32_t round = 1);

}  // namespace catcher::samples
