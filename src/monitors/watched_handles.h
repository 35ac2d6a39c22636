#pragma once

#include "debugger/event.h"
#include "debugger/probe.h"
#include "evidence/stack_sampler.h"
#include "evidence/symbol_cache.h"
#include "monitors/handle_calls.h"
#include "monitors/handle_findings.h"
#include "monitors/handle_table.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace catcher {

// The handles of one process: turns its system calls into steps of a HandleTable, and hands on what that finds.
class WatchedHandles {
 public:
  using Clock = std::chrono::steady_clock;

  // All must outlive it.
  WatchedHandles(Process& process, const HandleOptions& options, SymbolCache& symbols, Clock::time_point run_started);

  bool is_of(const Process& process) const { return &process_ == &process; }

  // The process ran before catcher came: what it has open now. How many that are; nothing where the OS does not tell.
  std::optional<std::size_t> seed();

  // What is given back cannot be seen: only closes tell something.
  void see_closes_only() { sees_opens_ = false; }

  void on_entry(const HandleCall& call, ProbeHit& hit);
  void on_exit(ProbeHit& hit);
  void on_invalid_handle(const Event& event);
  void on_modules_changed() { sampler_.modules_changed(); }
  void on_module_unloading(const Module& module);
  void on_thread_ended(std::uint32_t tid);

  // Looks at what is open now, if nobody has done so yet. The process stands still and is whole.
  void look_at_rest();

  // Moves what was found into the report.
  void report_to(HandleReport& report);

  // Hits in the second that began at `window`.
  struct Rate {
    Clock::time_point window;
    std::uint32_t hits = 0;
    std::uint32_t uses = 0;
    bool has_uses = true;  // still armed
  };
  Rate& rate() { return rate_; }

 private:
  // A call that makes a handle and has not come back yet. Its stack is the same then, and one look at it is enough.
  struct Pending {
    std::uint64_t stack_pointer = 0;
    const HandleCall* call = nullptr;
    Address pc;  // where it began
    std::uint64_t out = 0;
    std::uint64_t out2 = 0;
    std::uint64_t attributes = 0;
    HandleStep step;  // without its place
  };
  // A close or a use that a thread has begun, the last one of each.
  struct Act {
    std::uint64_t key = 0;
    Address stub;     // of its system call
    HandleStep step;  // of a close
    bool is_close = false;
  };
  struct ThreadState {
    std::vector<Pending> pending;
    Act last;
  };

  std::uint64_t argument(const ThreadContext& context, std::uint8_t number) const;
  HandleStep step_of(const HandleCall& call, const ProbeHit& hit);
  void place(HandleStep& step, const ProbeHit& hit, Address pc);
  void enter_open(const HandleCall& call, ProbeHit& hit);
  void enter_duplicate(const HandleCall& call, const ProbeHit& hit, Pending& pending);
  void enter_close(std::uint64_t value, const HandleCall& call, const ProbeHit& hit);
  void enter_use(std::uint64_t value, const HandleCall& call, const ProbeHit& hit);
  void enter_use_many(const HandleCall& call, const ProbeHit& hit);
  void receive(const Pending& call, Address out, std::string_view type);
  HandleNow look_before_close(std::uint64_t key, HandleStep& step) const;
  HandleNow look(std::uint64_t key, bool with_name) const;
  bool is_being_closed(std::uint64_t key, std::uint32_t but_by) const;
  bool comes_from(StackSampler::StackId stack, const Act& act) const;
  bool join(const Act& act);
  std::chrono::milliseconds now() const;

  Process& process_;
  const HandleOptions& options_;
  Clock::time_point run_started_;
  StackSampler sampler_;
  HandleFindings found_;
  HandleTable table_;
  Rate rate_;
  std::unordered_map<std::uint32_t, ThreadState> threads_;
  std::uint64_t order_ = 0;
  bool sees_opens_ = true;
  HandleCount count_;
  bool has_looked_ = false;
};

}  // namespace catcher
