#pragma once

#include <catcher/run_report.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace catcher {

// How handles and what happened to them are put into words. Names come from the debuggee: a renderer escapes them.

// As they stand in the JSON report, for ever: "double_close", "opened".
std::string_view handle_finding_name(HandleFindingKind kind);
std::string_view handle_event_name(HandleEventKind kind);

// `Semaphore "_TaskThread6"`, "File", "an object".
std::string describe_object(const HandleEvent& event);

// Where the program's own code did it: `ForceClose() (engine.cpp:33)`, `engine.dll+0x1530`; empty: not known.
std::string describe_own_place(const HandleEvent& event);

// The same with its callers, innermost first: "close_it() (engine.cpp:22) <- ForceClose() (engine.cpp:38)"; at most
// `most` functions.
std::string describe_own_path(const HandleEvent& event, std::size_t most);

// The frame of that place; null: there is none.
const Frame* own_frame(const HandleEvent& event);

// One line: who did what to which handle.
std::string summarize_handle_finding(const HandleFinding& finding);

// One line: how many of what are left, and from where.
std::string summarize_handle_leak(const HandleLeak& leak);

// True when there is something to fail a run for.
bool has_handle_defect(const HandleReport& report);

}  // namespace catcher
