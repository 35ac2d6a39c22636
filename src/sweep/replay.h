#pragma once

#include "report/sweep_journal.h"

#include <string>
#include <vector>

namespace catcher {

// How the run that shows a bucket is made once more.
struct Replay {
  SweepIdentity identity;  // of the sweep
  SweepEvidence evidence;
  std::wstring input;  // the file; empty: there was none
};

// From a bucket's directory in a sweep's output directory. Throws SetupError.
Replay load_replay(const std::string& directory);

// Which of the options of a sweep's runs a single run has too.
std::vector<std::string> options_of_run(const SweepIdentity& identity);

// Says in one line whether a run ended in the same bucket as before.
std::string compare_with(const SweepEvidence& evidence, const RunReport& report);

}  // namespace catcher
