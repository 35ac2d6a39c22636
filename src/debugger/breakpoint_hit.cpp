#include "debugger/breakpoint_hit.h"

#include "debugger/hidden_debugger.h"
#include "debugger/thread_context.h"
#include "debugger/watched_functions.h"

#include <optional>
#include <vector>

namespace catcher {
namespace {

bool is_wow64_code(const Process& process, Address at) {
  return process.state.bits == 32 && sizeof(void*) == 8 && at.value <= 0xFFFFFFFF;
}

WatchedFunctionReached reach_function(Process& process, const Thread& thread, const Breakpoint& breakpoint,
                                      Address at) {
  const auto purpose = static_cast<WatchPurpose>(breakpoint.claims.front().id);
  const bool wow64_code = is_wow64_code(process, at);
  WatchedFunctionReached reached{purpose, at, 0, 0, {}};
  if (auto context = ThreadContext::read(thread.handle, wow64_code)) {
    reached = reached_function(process, purpose, at, *context, wow64_code);
    if (leaves_debugger(process, reached)) {
      process.breakpoints.remove_all(process.memory);  // nobody would answer them any more
      context->set_instruction_pointer(at);
    } else {
      process.breakpoints.step_over(process.memory, at, *context);
    }
    context->write(thread.handle);
  }
  return reached;
}

// Tells every probe that wants to know, and moves the thread on once. `claims` is a copy: a probe may go away
// meanwhile.
void tell_probes(Process& process, Thread& thread, const std::vector<BreakpointClaim> claims, Address at,
                 std::span<Probe* const> probes) {
  auto context = ThreadContext::read(thread.handle, is_wow64_code(process, at));
  if (!context) {
    return;
  }
  ProbeHit hit{process, thread, 0, *context, std::nullopt};
  for (const BreakpointClaim& claim : claims) {
    for (Probe* const probe : probes) {
      if (probe->owner() == claim.owner) {
        hit.id = claim.id;
        probe->on_hit(hit);
      }
    }
  }
  if (process.breakpoints.find(at) == nullptr) {
    context->set_instruction_pointer(at);  // the probes have gone away meanwhile
  } else {
    process.breakpoints.step_over(process.memory, at, *context, hit.return_to);
  }
  context->write(thread.handle);
}

void answer_debugger_check(Process& process, const Thread& thread, std::uint32_t id, Address at) {
  if (auto context = ThreadContext::read(thread.handle, is_wow64_code(process, at))) {
    if (!answer_for_debugger_check(process, id, *context)) {
      process.breakpoints.step_over(process.memory, at, *context);
    }
    context->write(thread.handle);
  }
}

// A thread that ran into a breakpoint just before it was taken away does what really stands there.
bool step_back(const Process& process, const Thread& thread, Address at) {
  if (!process.breakpoints.was_removed(at)) {
    return false;
  }
  auto context = ThreadContext::read(thread.handle, is_wow64_code(process, at));
  if (!context) {
    return false;
  }
  context->set_instruction_pointer(at);
  return context->write(thread.handle);
}

}  // namespace

BreakpointHit take_breakpoint_hit(Process& process, Thread* thread, Address at, bool first,
                                  std::span<Probe* const> probes) {
  if (thread == nullptr) {
    return NotOurs{};
  }
  const Breakpoint* breakpoint = process.breakpoints.find(at);
  if (breakpoint != nullptr && is_probe(breakpoint->claims.front().owner)) {
    // A second chance comes where the debuggee has closed what its system waits on for our answer to the first: the hit
    // is known then, and all that is left to do is to get past it.
    tell_probes(process, *thread, breakpoint->claims, at, first ? probes : std::span<Probe* const>());
    return DealtWith{};
  }
  if (!first) {
    return NotOurs{};
  }
  if (breakpoint == nullptr) {
    return step_back(process, *thread, at) ? BreakpointHit(DealtWith{}) : BreakpointHit(NotOurs{});
  }
  const BreakpointClaim& claim = breakpoint->claims.front();
  if (claim.owner == BreakpointOwner::kHiddenDebugger) {
    answer_debugger_check(process, *thread, claim.id, at);
    return DealtWith{};
  }
  return reach_function(process, *thread, *breakpoint, at);
}

}  // namespace catcher
