#include "monitors/crash_monitor.h"

#include "debugger/pseudo_handle.h"
#include "debugger/thread_context.h"
#include "evidence/cxx_exception.h"
#include "evidence/hang_capture.h"
#include "evidence/loader_search.h"
#include "evidence/thread_stack.h"
#include "triage/bucket.h"
#include "triage/exception_catalogue.h"
#include "triage/fault_description.h"
#include "triage/path_name.h"
#include "triage/severity.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace catcher {
namespace {

// ntstatus.h.
constexpr std::uint32_t kStackOverflow = 0xC00000FD;
constexpr std::uint32_t kStackBufferOverrun = 0xC0000409;  // what int 29h raises
constexpr std::uint32_t kFailFastException = 0xC0000602;   // RaiseFailFastException
constexpr std::uint32_t kFatalAppExit = 0x40000015;        // the status that Windows itself has for abort()

// How long a thread whose stack has overflowed can go on faulting before it is gone.
constexpr std::chrono::seconds kOverflowAftermath{1};

// Places of faults remembered in one process: a program that faults at more of them does so on purpose.
constexpr std::size_t kMostFaultSites = 256;

// So many faults at one place in a row look like a handler that faults itself, and soon there will be no stack left to
// look at.
constexpr std::uint64_t kStorm = 64;

// Stacks taken at a first chance in one process: a program that handles its overflows must not be slowed down for ever.
constexpr std::size_t kMostEarlyLooks = 3;

CrashKind kind_of(std::uint32_t code) {
  return code == kStackBufferOverrun || code == kFailFastException ? CrashKind::kFailFast : CrashKind::kException;
}

bool is_hardware_fault(std::uint32_t code) {
  const ExceptionRow* row = find_exception(code);
  return row != nullptr && row->hardware;
}

// True when a process ends itself with the code of a fault: the loader does so for a DLL that faults while it is
// initialised.
bool gives_as_reason(const WatchedFunctionReached& reached, std::uint32_t fault_code) {
  return reached.purpose == WatchPurpose::kTerminateProcess && reached.process_handle == kCurrentProcessHandle &&
         reached.exit_status == fault_code;
}

// True when the thread's stack pointer lies outside its stack: the OS then has no room to tell anybody of a second
// chance.
bool has_lost_its_stack(const Process& process, const Thread* thread) {
  const bool is_64_bit = process.state.bits == 64;
  if (thread == nullptr) {
    return false;
  }
  const auto context = ThreadContext::read(thread->handle, !is_64_bit);
  const auto stack = read_thread_stack(process.memory, teb_of_thread(thread->handle), thread->tid, is_64_bit);
  return context && stack && (context->stack_pointer() < stack->reserve || context->stack_pointer() >= stack->base);
}

// True when the thread runs the initialisation of a DLL, which the loader guards: what happens there it may swallow, or
// make the end of the process, and there is no second chance either way. The loader holds its lock while it calls out.
bool is_in_loader(const Process& process, std::uint32_t tid) {
  if (!process.state.loader_breakpoint_seen) {
    return true;
  }
  const bool is_64_bit = process.state.bits == 64;
  const Address lock = find_loader_lock(process.handle, process.memory, is_64_bit);
  // RTL_CRITICAL_SECTION::OwningThread.
  const auto owner = is_64_bit ? read_value<std::uint64_t>(process.memory, lock + 16).value_or(0)
                               : read_value<std::uint32_t>(process.memory, lock + 12).value_or(0);
  return lock && owner == tid;
}

std::string in_words(const ExceptionInfo& exception) {
  const std::string place = exception.module.empty() ? fmt::format("0x{:x}", exception.address.value)
                                                     : fmt::format("{}+0x{:x}", exception.module, exception.offset);
  return fmt::format("{}{}{} at {}", exception.name, exception.detail.empty() ? "" : ", ", exception.detail, place);
}

}  // namespace

CrashMonitor::CrashMonitor(const CrashPolicy& policy, CrashEvidence evidence, Clock::time_point run_started)
    : policy_(policy), evidence_(std::move(evidence)), run_started_(run_started) {}

CrashFinding CrashMonitor::on_event(const Event& event) {
  if (root_ == nullptr) {
    root_ = event.process;
  }
  Watch& watch = watches_[event.process];
  if (const auto* raised = std::get_if<ExceptionRaised>(&event.body)) {
    return on_exception(event, *raised, watch);
  }
  if (const auto* ended = std::get_if<ProcessEnded>(&event.body)) {
    CrashFinding finding = on_process_ended(event, *ended, watch);
    watches_.erase(event.process);
    return finding;
  }
  if (std::holds_alternative<ThreadEnded>(event.body)) {
    return on_thread_ended(event, watch);
  }
  const auto* reached = std::get_if<WatchedFunctionReached>(&event.body);
  const auto open = watch.open_faults.find(event.tid);
  if (open != watch.open_faults.end() &&
      (reached == nullptr || !gives_as_reason(*reached, open->second.exception.code))) {
    watch.open_faults.erase(open);  // the thread went on to something else, so it got over its fault
  }
  return reached != nullptr ? on_watched_function(event, *reached, watch) : CrashFinding{};
}

// A thread that ends on its overflowed stack did not get over it, whatever the OS makes of that for the process.
CrashFinding CrashMonitor::on_thread_ended(const Event& event, Watch& watch) {
  const auto open = watch.open_faults.find(event.tid);
  if (open == watch.open_faults.end()) {
    return {};
  }
  const OpenFault fault = std::move(open->second);
  watch.open_faults.erase(open);
  const bool ignored = std::find(policy_.ignore.begin(), policy_.ignore.end(), kStackOverflow) != policy_.ignore.end();
  if (watch.crashed || ignored || fault.exception.code != kStackOverflow) {
    return {};
  }
  watch.crashed = true;
  return {died_of(event, event.tid, fault, "the thread ended right after this fault: no second chance came"),
          std::nullopt};
}

CrashFinding CrashMonitor::on_exception(const Event& event, const ExceptionRaised& raised, Watch& watch) {
  switch (raised.action.disposition) {
    case Disposition::kPassedOn:
      note_passed_on(event, raised, watch);
      return {};
    case Disposition::kInvalidHandle:
      handled_.add(raised.code);
      return {};
    case Disposition::kCrash:
      break;
    default:
      return {};
  }
  const auto last = watch.last_passed_on.find(event.tid);
  if (raised.chance == Chance::kSecond && last != watch.last_passed_on.end() && last->second == raised.code) {
    handled_.discount(raised.code, 1);
    watch.last_passed_on.erase(last);
  }
  if (watch.crashed) {
    return {};
  }
  watch.crashed = true;
  Crash crash = begin_crash(event, kind_of(raised.code));
  crash.chance = raised.chance;
  crash.status = raised.code;
  crash.exception = describe(event, raised, watch);
  add_evidence(crash, event, watch);
  return {std::move(crash), std::nullopt};
}

void CrashMonitor::note_passed_on(const Event& event, const ExceptionRaised& raised, Watch& watch) {
  handled_.add(raised.code);
  watch.last_passed_on[event.tid] = raised.code;
  if (is_cxx_throw(raised.code)) {
    CountedThrow& thrown = watch.last_throws[event.tid];
    const bool again = thrown.last.code == raised.code && thrown.last.parameters == raised.parameters;
    thrown.events = again ? thrown.events + 1 : 1;
    if (!again) {
      thrown.last = {raised.code, raised.parameters};
    }
  }
  const auto open = watch.open_faults.find(event.tid);
  if (open != watch.open_faults.end() && open->second.exception.code == kStackOverflow &&
      Clock::now() - open->second.time < kOverflowAftermath) {
    // On the last page of a stack the dispatcher itself faults: that is the overflow's end, not a fault of its own.
    return;
  }
  if (is_hardware_fault(raised.code)) {
    note_hardware_fault(event, raised, watch);
  } else {
    watch.open_faults.erase(event.tid);
  }
}

// True when it may be the last that is ever heard of the process, or of the thread: asked once for each place.
bool CrashMonitor::is_worth_a_look(const Event& event, const OpenFault& fault, const Watch& watch) const {
  if (watch.early_looks >= kMostEarlyLooks) {
    return false;
  }
  if (fault.exception.code == kStackOverflow || fault.count == kStorm) {
    return true;
  }
  const bool seen_before = watch.fault_sites.contains(fault.exception.address);
  return !seen_before && (has_lost_its_stack(*event.process, event.thread) || is_in_loader(*event.process, event.tid));
}

void CrashMonitor::note_hardware_fault(const Event& event, const ExceptionRaised& raised, Watch& watch) {
  OpenFault fault;
  fault.exception.code = raised.code;
  fault.exception.address = raised.address;
  const auto before = watch.open_faults.find(event.tid);
  if (before != watch.open_faults.end() && before->second.exception.address == raised.address) {
    fault.count = before->second.count + 1;
    fault.crash = std::move(before->second.crash);
    fault.first = std::move(before->second.first);
  } else if (before != watch.open_faults.end()) {
    fault.first = before->second.first.empty() ? in_words(before->second.exception) : std::move(before->second.first);
  }
  const bool look = is_worth_a_look(event, fault, watch);
  fault.exception = describe(event, raised, watch);
  if (look) {
    ++watch.early_looks;
    fault.crash = begin_crash(event, CrashKind::kException);
    fault.crash->chance = Chance::kFirst;
    fault.crash->status = raised.code;
    fault.crash->exception = fault.exception;
    add_evidence(*fault.crash, event, watch);
  }
  fault.time = Clock::now();  // from here on the thread runs again
  watch.open_faults[event.tid] = std::move(fault);
}

CrashFinding CrashMonitor::on_watched_function(const Event& event, const WatchedFunctionReached& reached,
                                               Watch& watch) {
  if (reached.purpose == WatchPurpose::kTerminateProcess) {
    note_exit(event, reached, watch);
    return {};
  }
  if (watch.crashed || reached.purpose == WatchPurpose::kRemoveDebugger) {
    return {};
  }
  watch.crashed = true;
  Crash crash = begin_crash(event, CrashKind::kAbort);
  crash.chance = Chance::kFirst;
  crash.status = kFatalAppExit;
  crash.assertion = reached.assertion;
  add_evidence(crash, event, watch);
  if (crash.cxx) {
    discount_uncaught_throw(event.tid, watch);
  }
  return {std::move(crash), std::nullopt};
}

// It was counted when it was thrown; now it is known that nobody caught it.
void CrashMonitor::discount_uncaught_throw(std::uint32_t tid, Watch& watch) {
  const CountedThrow& thrown = watch.last_throws[tid];
  handled_.discount(thrown.last.code, thrown.events);
}

// Its own end: where it stands now is the last that can be seen of it.
void CrashMonitor::note_exit(const Event& event, const WatchedFunctionReached& reached, Watch& watch) {
  const bool own_end = reached.process_handle == 0 || reached.process_handle == kCurrentProcessHandle;
  const bool listed = std::find(policy_.crash_on_exit.begin(), policy_.crash_on_exit.end(), reached.exit_status) !=
                      policy_.crash_on_exit.end();
  const bool wanted =
      is_error_status(reached.exit_status) || listed || (policy_.exit_stack && reached.exit_status != 0);
  if (own_end && wanted && !watch.crashed && !exit_stacks_.contains(event.process)) {
    watch.exit_tid = event.tid;
    exit_stacks_[event.process] = evidence_.stack_of(*event.process, event.tid);
  }
}

ExitFacts CrashMonitor::exit_facts(const Event& event, const ProcessEnded& ended, const Watch& watch) const {
  ExitFacts facts;
  facts.status = ended.status;
  facts.request = event.process->exit_request;
  facts.is_root = event.process == root_;
  for (const auto& [tid, fault] : watch.open_faults) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - fault.time);
    if (!facts.unresolved_fault_age || age < *facts.unresolved_fault_age) {
      facts.unresolved_fault_age = age;
      facts.unresolved_fault_code = fault.exception.code;
    }
  }
  return facts;
}

CrashFinding CrashMonitor::on_process_ended(const Event& event, const ProcessEnded& ended, Watch& watch) {
  if (watch.crashed) {
    return {};
  }
  switch (explain_exit(exit_facts(event, ended, watch), policy_)) {
    case ExitMeaning::kNormal:
      return {};
    case ExitMeaning::kCannotStart:
      return {std::nullopt, ended.status};
    case ExitMeaning::kDiedOfFault: {
      const auto newest = std::max_element(watch.open_faults.begin(), watch.open_faults.end(),
                                           [](const auto& a, const auto& b) { return a.second.time < b.second.time; });
      Crash crash =
          died_of(event, newest->first, newest->second,
                  "the process ended right after this fault: no second chance came and it did not ask to end");
      crash.exit_status = ended.status;
      return {std::move(crash), std::nullopt};
    }
    case ExitMeaning::kStatus:
      break;
  }
  return {ended_with_status(event, ended, watch), std::nullopt};
}

Crash CrashMonitor::died_of(const Event& event, std::uint32_t tid, const OpenFault& fault, const char* note) {
  handled_.discount(fault.exception.code, fault.count);
  Crash crash = fault.crash.value_or(begin_crash(event, CrashKind::kException));
  crash.tid = tid;
  crash.chance = Chance::kFirst;
  crash.exception = fault.exception;
  crash.status = fault.exception.code;
  crash.notes.emplace_back(note);
  if (!fault.first.empty()) {
    crash.notes.push_back("it began with another fault of the same thread: " + fault.first);
  }
  if (!fault.crash) {
    // Nobody could know at the time that it would be the last: its place is all there is of its stack.
    Frame& place = crash.stack.frames.emplace_back();
    place.pc = fault.exception.address;
    place.module = fault.exception.module;
    place.offset = fault.exception.offset;
    place.source = FrameSource::kContext;
    crash.stack.frames_total = 1;
    crash.stack.end_reason = "the stack was not looked at when the fault happened";
    crash = with_severity(with_bucket(std::move(crash)));
  }
  crash.summary = summarize_crash(crash);
  return crash;
}

Crash CrashMonitor::ended_with_status(const Event& event, const ProcessEnded& ended, const Watch& watch) const {
  Crash crash = begin_crash(event, CrashKind::kExitStatus);
  crash.tid = watch.exit_tid;
  crash.status = ended.status;
  crash.exit_status = ended.status;
  crash.missing = explain_start_failure(event.process->image, event.process->state.bits == 64, ended.status);
  crash.stack = exit_stack(*event.process).value_or(Stack{});
  crash = with_severity(with_bucket(std::move(crash)));
  crash.summary = summarize_crash(crash);
  return crash;
}

ExceptionInfo CrashMonitor::describe(const Event& event, const ExceptionRaised& raised, Watch& watch) const {
  ExceptionInfo info;
  info.code = raised.code;
  info.address = raised.address;
  info.parameters = raised.parameters;
  auto site = watch.fault_sites.find(raised.address);
  if (site == watch.fault_sites.end()) {
    if (watch.fault_sites.size() >= kMostFaultSites) {
      watch.fault_sites.clear();
    }
    const auto module = module_at(*event.process, raised.address);
    Place place = module ? Place{module->name, raised.address - module->base} : Place{};
    site = watch.fault_sites.emplace(raised.address, std::move(place)).first;
  }
  info.module = site->second.module;
  info.offset = site->second.offset;
  return with_description(std::move(info));
}

Crash CrashMonitor::begin_crash(const Event& event, CrashKind kind) const {
  Crash crash;
  crash.pid = event.process->pid;
  crash.tid = event.tid;
  crash.time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - run_started_);
  crash.kind = kind;
  crash.image = file_name_of(event.process->image);
  return crash;
}

void CrashMonitor::add_evidence(Crash& crash, const Event& event, const Watch& watch) const {
  const auto last = watch.last_throws.find(event.tid);
  evidence_.add_to(crash, *event.process,
                   last == watch.last_throws.end() ? std::nullopt : std::optional(last->second.last));
  crash.summary = summarize_crash(crash);
}

std::optional<Stack> CrashMonitor::exit_stack(const Process& process) const {
  const auto found = exit_stacks_.find(&process);
  return found == exit_stacks_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace catcher
