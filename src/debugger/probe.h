#pragma once

#include "debugger/process_tree.h"
#include "debugger/thread_context.h"

#include <cstdint>
#include <optional>

namespace catcher {

// A thread that stands at a breakpoint of a probe, before its instruction.
struct ProbeHit {
  Process& process;
  Thread& thread;
  std::uint32_t id;  // the breakpoint's
  const ThreadContext& context;
  // Where a `ret` leads, when a probe knows it: then nobody has to read it from the stack.
  std::optional<Address> return_to;

  // Where the breakpoint is: the thread stands behind it.
  Address at() const { return {context.instruction_pointer().value - 1}; }
};

// Somebody who has breakpoints of his own in every process of the tree, hit so often that nothing may be done for
// nothing: hits are delivered while they are translated and make no Event. Two may watch the same place: each is told.
class Probe {
 public:
  virtual ~Probe() = default;

  // Whose its breakpoints are.
  virtual BreakpointOwner owner() const = 0;

  // A module was loaded, and the process has not run on yet: the time to set breakpoints.
  virtual void on_module_loaded(Process& process, const Module& module) = 0;

  // The module is about to leave the model. It may still be asked for its path.
  virtual void on_module_unloading(Process& process, const Module& module) = 0;

  virtual void on_hit(ProbeHit& hit) = 0;
};

}  // namespace catcher
