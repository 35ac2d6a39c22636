#pragma once

#include "debugger/event.h"
#include "debugger/probe.h"
#include "evidence/stack_sampler.h"
#include "evidence/symbol_cache.h"
#include "monitors/handle_calls.h"
#include "monitors/handle_table.h"

#include <catcher/options.h>
#include <catcher/run_report.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace catcher {

// The handles of one process: turns its system calls into steps of a HandleTable, and what that finds into findings
// with names.
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
  // A call that makes a handle and has not come back yet.
  struct Pending {
    std::uint64_t stack_pointer = 0;
    const HandleCall* call = nullptr;
    Address out;
    Address out2;
    Address return_to;
    HandleStep step;
  };
  struct ThreadState {
    std::vector<Pending> pending;
    std::uint64_t closing = 0;     // what it closed last
    std::uint64_t last_order = 0;  // of that
  };
  using FindingKey = std::tuple<HandleFindingKind, std::uint32_t, std::uint32_t>;  // stacks of the act and the opening

  std::uint64_t argument(const ThreadContext& context, std::uint8_t number) const;
  std::string object_name(Address attributes) const;
  HandleStep step_of(const HandleCall& call, const ProbeHit& hit);
  void enter_open(const HandleCall& call, ProbeHit& hit);
  void enter_close(std::uint64_t value, const HandleCall& call, const ProbeHit& hit);
  void enter_use(std::uint64_t value, const HandleCall& call, const ProbeHit& hit);
  void enter_use_many(const HandleCall& call, const ProbeHit& hit);
  void receive(const Pending& call, Address out, std::string_view type);
  HandleNow look(std::uint64_t key, bool with_name) const;
  bool is_being_closed(std::uint64_t key, std::uint32_t but_by) const;
  bool is_guarded(const HandleStep& closed) const;

  void add_finding(HandleFindingKind kind, std::uint64_t key, const HandleStep& act, bool is_doubtful);
  void name(HandleFinding& finding, std::uint64_t key, const HandleStep& act);
  HandleEvent named(const HandleStep& step) const;
  std::vector<Module> all_modules() const;
  const Module* module_of(Address pc) const;
  std::uint32_t owner_of(StackSampler::StackId stack);
  std::chrono::milliseconds now() const;

  Process& process_;
  const HandleOptions& options_;
  SymbolCache& symbols_;
  Clock::time_point run_started_;
  StackSampler sampler_;
  HandleTable table_;
  Rate rate_;
  std::unordered_map<std::uint32_t, ThreadState> threads_;
  std::vector<std::uint32_t> owners_;     // by stack
  std::vector<std::string> owner_names_;  // their numbers count from 1
  std::vector<Module> unloaded_;
  Address close_stub_;
  std::uint64_t order_ = 0;
  bool sees_opens_ = true;
  HandleCount count_;
  bool has_looked_ = false;
  std::map<FindingKey, std::size_t> known_;
  std::vector<HandleFinding> findings_;
  std::vector<HandleLeak> leaks_;
};

}  // namespace catcher
