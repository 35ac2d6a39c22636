#include "monitors/crash_monitor.h"

#include "debugger/thread_context.h"
#include "monitors/exit_meaning.h"
#include "triage/exception_catalogue.h"
#include "triage/fault_description.h"
#include "triage/summary.h"

#include <algorithm>

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

CrashKind kind_of(std::uint32_t code) {
  return code == kStackBufferOverrun || code == kFailFastException ? CrashKind::kFailFast : CrashKind::kException;
}

bool is_hardware_fault(std::uint32_t code) {
  const ExceptionRow* row = find_exception(code);
  return row != nullptr && row->hardware;
}

Frame frame_at(Process& process, Address pc, FrameSource source) {
  Frame frame;
  frame.pc = pc;
  frame.source = source;
  if (const auto module = module_at(process, pc)) {
    frame.module = module->name;
    frame.offset = pc - module->base;
  }
  return frame;
}

}  // namespace

CrashMonitor::CrashMonitor(const CrashPolicy& policy, Clock::time_point run_started)
    : policy_(policy), run_started_(run_started) {}

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
  // The thread went on to something else, so it got over its fault.
  watch.open_faults.erase(event.tid);
  if (const auto* reached = std::get_if<WatchedFunctionReached>(&event.body)) {
    return reached->purpose == WatchPurpose::kAbort ? on_abort(event, watch) : CrashFinding{};
  }
  return {};
}

CrashFinding CrashMonitor::on_exception(const Event& event, const ExceptionRaised& raised, Watch& watch) {
  switch (raised.action.disposition) {
    case Disposition::kPassedOn:
      note_passed_on(event, raised, watch);
      return {};
    case Disposition::kInvalidHandle:
      ++handled_[raised.code];
      return {};
    case Disposition::kCrash:
      break;
    default:
      return {};
  }
  const auto last = watch.last_passed_on.find(event.tid);
  if (raised.chance == Chance::kSecond && last != watch.last_passed_on.end() && last->second == raised.code) {
    if (--handled_[raised.code] == 0) {
      handled_.erase(raised.code);
    }
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
  crash.summary = summarize_crash(crash);
  return {std::move(crash), std::nullopt};
}

void CrashMonitor::note_passed_on(const Event& event, const ExceptionRaised& raised, Watch& watch) {
  ++handled_[raised.code];
  watch.last_passed_on[event.tid] = raised.code;
  if (follows_stack_overflow(event, watch)) {
    return;
  }
  if (is_hardware_fault(raised.code)) {
    watch.open_faults[event.tid] = {describe(event, raised, watch), Clock::now()};
  } else {
    watch.open_faults.erase(event.tid);
  }
}

// On the last page of a stack the dispatcher itself faults: that is the overflow's end, not a fault of its own.
bool CrashMonitor::follows_stack_overflow(const Event& event, const Watch& watch) {
  const auto open = watch.open_faults.find(event.tid);
  return open != watch.open_faults.end() && open->second.exception.code == kStackOverflow &&
         Clock::now() - open->second.time < kOverflowAftermath;
}

CrashFinding CrashMonitor::on_abort(const Event& event, Watch& watch) {
  if (watch.crashed) {
    return {};
  }
  watch.crashed = true;
  Crash crash = begin_crash(event, CrashKind::kAbort);
  crash.chance = Chance::kFirst;
  crash.status = kFatalAppExit;
  const bool wow64_code = event.process->state.bits == 32 && sizeof(void*) == 8;
  const auto context = event.thread != nullptr ? ThreadContext::read(event.thread->handle, wow64_code) : std::nullopt;
  if (context) {
    crash.stack.frames.push_back(frame_at(*event.process, context->instruction_pointer(), FrameSource::kContext));
    crash.stack.frames.front().function = "abort";
    const Address sp = context->stack_pointer();
    const auto caller = wow64_code ? std::optional<std::uint64_t>(read_value<std::uint32_t>(event.process->memory, sp))
                                   : read_value<std::uint64_t>(event.process->memory, sp);
    if (caller) {
      crash.stack.frames.push_back(frame_at(*event.process, Address{*caller}, FrameSource::kReturnPop));
    }
  }
  crash.stack.frames_total = crash.stack.frames.size();
  crash.summary = summarize_crash(crash);
  return {std::move(crash), std::nullopt};
}

CrashFinding CrashMonitor::on_process_ended(const Event& event, const ProcessEnded& ended, Watch& watch) {
  if (watch.crashed) {
    return {};
  }
  ExitFacts facts;
  facts.status = ended.status;
  facts.request = event.process->exit_request;
  facts.is_root = event.process == root_;
  const auto newest = std::max_element(watch.open_faults.begin(), watch.open_faults.end(),
                                       [](const auto& a, const auto& b) { return a.second.time < b.second.time; });
  if (newest != watch.open_faults.end()) {
    facts.unresolved_fault_age =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - newest->second.time);
    facts.unresolved_stack_overflow = newest->second.exception.code == kStackOverflow;
  }
  switch (explain_exit(facts, policy_)) {
    case ExitMeaning::kNormal:
      return {};
    case ExitMeaning::kCannotStart:
      return {std::nullopt, ended.status};
    case ExitMeaning::kDiedOfFault: {
      Crash crash = begin_crash(event, CrashKind::kException);
      crash.tid = newest->first;
      crash.chance = Chance::kFirst;
      crash.exception = newest->second.exception;
      crash.status = crash.exception->code;
      crash.exit_status = ended.status;
      crash.notes.emplace_back(
          "the process ended right after this fault: no second chance came and it did not ask to end");
      crash.summary = summarize_crash(crash);
      return {std::move(crash), std::nullopt};
    }
    case ExitMeaning::kStatus:
      break;
  }
  Crash crash = begin_crash(event, CrashKind::kExitStatus);
  crash.tid = 0;
  crash.status = ended.status;
  crash.exit_status = ended.status;
  crash.summary = summarize_crash(crash);
  return {std::move(crash), std::nullopt};
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
    auto place =
        module ? std::pair(module->name, raised.address - module->base) : std::pair(std::string(), std::uint64_t{0});
    site = watch.fault_sites.emplace(raised.address, std::move(place)).first;
  }
  info.module = site->second.first;
  info.offset = site->second.second;
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

std::vector<HandledException> CrashMonitor::handled_exceptions() const {
  std::vector<HandledException> result;
  result.reserve(handled_.size());
  for (const auto& [code, count] : handled_) {
    result.push_back({code, exception_name(code), count});
  }
  return result;
}

}  // namespace catcher
