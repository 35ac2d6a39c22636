#pragma once

#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace catcher {

// One line for one crash: "crash_test.exe (pid 268) crashed: EXCEPTION_ACCESS_VIOLATION, write to 0x0 at
// crash_test.exe+0x1530", with the function and line where the stack has names. May contain text of the debuggee: a
// renderer escapes it.
std::string summarize_crash(const Crash& crash);

// One line for a whole run, by its verdict; all but `summary` must be filled in. `reason` is what only the caller
// knows: why the target could not start, which limit was hit, how long the deadline was; may be empty.
std::string summarize_run(const RunReport& report, std::string_view reason = {});

// What limit was hit: "more than 512.0 MB of memory were committed: 613.2 MB, most of it by a.exe (pid 12)".
std::string describe_limit(const RunReport& report, const LimitHit& hit);

// "613.2 MB", "64 bytes"; units are powers of 1024.
std::string describe_size(std::uint64_t bytes);

// The exit code of a process with its name where it has one: "exit code 3", "exit status 0xC0000135
// (STATUS_DLL_NOT_FOUND: a DLL was not found)".
std::string describe_exit_status(std::uint32_t status);

// "812 ms", "5.0 s".
std::string describe_duration(std::chrono::milliseconds duration);

}  // namespace catcher
