#pragma once

#include <catcher/run_report.h>

#include "fuzz_input.h"

namespace catcher::fuzz {

// A crash whose every text and number is the fuzzer's.
Crash made_crash(FuzzInput& input);

// A report with several processes and crashes, and a hang.
RunReport made_report(FuzzInput& input);

}  // namespace catcher::fuzz
