#pragma once

#include "debugger/event.h"
#include "debugger/probe.h"
#include "debugger/process_tree.h"

#include <span>
#include <variant>

namespace catcher {

// A breakpoint exception that is none of ours: the debuggee's own, or its loader's.
struct NotOurs {};
// It was ours and is dealt with; nobody need hear of it.
struct DealtWith {};
using BreakpointHit = std::variant<NotOurs, DealtWith, WatchedFunctionReached>;

// What a breakpoint exception is to us. The thread is moved past what is ours; `probes` are told of their hits.
// `first`: at the first chance.
BreakpointHit take_breakpoint_hit(Process& process, Thread* thread, Address at, bool first,
                                  std::span<Probe* const> probes);

}  // namespace catcher
