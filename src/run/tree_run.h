#pragma once

#include "triage/verdict.h"

#include <catcher/run.h>

namespace catcher {

struct SharedParts;

// One run from the first event of its tree to the last: launches or attaches, lets the monitors see every event, ends
// the tree when one of them has found a reason, and writes down what was found. Verdict and summary are the caller's
// to make. Throws what launching and attaching throw.
// With `shared`, which must outlive the run, it uses what other runs have made already.
RunFacts run_tree(const Options& options, const StopSource& stop, const RunObserver& observer, RunReport& report,
                  SharedParts* shared = nullptr);

}  // namespace catcher
