#include "run/tree_run.h"

#include "debugger/session.h"
#include "evidence/crash_evidence.h"
#include "evidence/hang_evidence.h"
#include "evidence/loader_search.h"
#include "evidence/symbol_cache.h"
#include "monitors/crash_monitor.h"
#include "monitors/deadline_monitor.h"
#include "monitors/debug_output_monitor.h"
#include "monitors/limit_monitor.h"
#include "run/attach_run.h"
#include "run/event_line.h"
#include "run/output_capture.h"
#include "run/process_records.h"
#include "run/run_probes.h"
#include "run/shared_run.h"
#include "run/stop_source.h"
#include "triage/bucket.h"
#include "triage/path_name.h"
#include "triage/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace catcher {
namespace {

using Clock = Session::Clock;

// How long the end of a killed tree is awaited before catcher says that something would not die.
constexpr std::chrono::seconds kKillGrace{5};

// What a process that catcher kills ends with: no status of its own fits.
constexpr std::uint32_t kKilledStatus = 1;

// What the C runtimes exit with after abort() (Microsoft Learn, "abort").
constexpr std::uint32_t kAbortExitCode = 3;

std::chrono::milliseconds since(Clock::time_point start, Clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - start);
}

CrashEvidence crash_evidence(SymbolCache& symbols, const EvidenceLimits& limits, const RunObserver& observer) {
  EvidenceOptions options;
  options.dump_directory = limits.dump_type == DumpType::kNone ? std::string() : limits.dump_directory;
  options.dump_type = limits.dump_type == DumpType::kFull ? MinidumpType::kFull : MinidumpType::kSmall;
  options.time = limits.time;
  options.wants_dump = observer.wants_dump;
  return {symbols, std::move(options)};
}

SessionRules session_rules(const Options& options) {
  SessionRules rules;
  rules.crash = options.crash_policy;
  rules.tree = options.tree;
  rules.attached = options.attach.has_value();
  rules.stops_at_end = options.handles.probe != HandleProbe::kOff || options.memory.probe != MemoryProbe::kOff ||
                       options.limits.memory.has_value();
  rules.run_as_is = options.surroundings.run_as_is;
  return rules;
}

// What is done with the tree once there is a reason not to wait for its end any longer.
enum class Ending { kKill, kDetach };

// One run from the first event to the last.
class Run {
 public:
  Run(const Options& options, const StopSource& stop, const RunObserver& observer, RunReport& report,
      SharedParts* shared)
      : options_(options),
        observer_(observer),
        report_(report),
        stop_(stop.state()->event.get()),
        streams_(options, shared == nullptr ? nullptr : &shared->discarded),
        deadline_(options.timeout, started_),
        session_(start_target(), started_, session_rules(options), wakes(),
                 shared == nullptr ? own_files_.emplace() : shared->module_files),
        symbols_(shared == nullptr ? own_symbols_.emplace(symbol_options(options)) : shared->symbols),
        crashes_(options.crash_policy, crash_evidence(symbols_, options.evidence, observer), started_),
        debug_output_(started_, options.capture.echo_debug_output),
        probes_(options, session_, symbols_),
        limits_(options.limits, session_.job(), started_),
        break_(options.attach && options.attach->only_look, Clock::now()) {
    if (options.limits.memory && session_.job() != nullptr) {
      session_.job()->limit_memory(*options.limits.memory + memory_leeway(*options.limits.memory));
    }
  }

  RunFacts execute() {
    watch();
    // Helpers of the OS may be left even when all has ended.
    end_tree(ending_.value_or(allowed(Ending::kKill)));
    fill_report();
    return facts_;
  }

 private:
  LaunchedProcess start_target() {
    if (options_.attach) {
      return attach_to_target(*options_.attach, stop_, deadline_.deadline());
    }
    return launch_target(options_, streams_, report_);
  }

  static LaunchedProcess launch_target(const Options& options, OutputCapture& streams, RunReport& report) {
    LaunchedProcess launched = launch({options.command_line, options.surroundings, streams.for_target()});
    streams.target_has_started();
    if (!launched.strict_handles_warning.empty()) {
      report.warnings.push_back(launched.strict_handles_warning);
    }
    return launched;
  }

  std::vector<HANDLE> wakes() const {
    return streams_.limit_passed() == nullptr ? std::vector{stop_} : std::vector{stop_, streams_.limit_passed()};
  }

  // The OS stops a burst between two of our looks. A little above the limit, so that it is we who end the tree: what
  // the target makes of a refused allocation is not worth a report.
  static std::uint64_t memory_leeway(std::uint64_t limit) { return std::max(limit / 8, std::uint64_t{64} << 20); }

  // Until the tree has ended or there is a reason to end it.
  void watch() {
    while (!ending_) {
      Step step = session_.next(next_look());
      if (std::holds_alternative<TreeEnded>(step)) {
        return;
      }
      if (std::holds_alternative<DeadlinePassed>(step)) {
        on_time();
      } else if (const auto* woken = std::get_if<Woken>(&step)) {
        on_woken(woken->by);
      } else {
        on_event(std::get<Event>(step));
      }
    }
  }

  // When something is to be done although nothing happens.
  std::optional<Clock::time_point> next_look() const {
    std::optional<Clock::time_point> next = deadline_.deadline();
    for (const auto& other :
         {limits_.next_look(session_.tree()), rest_deadline_, break_.moment(), probes_.next_look(), cpu_look()}) {
      if (other && (!next || *other < *next)) {
        next = other;
      }
    }
    return next;
  }

  // Shortly before the deadline, so that it is known who uses the processor when it comes.
  std::optional<Clock::time_point> cpu_look() const {
    return deadline_.deadline() && !cpu_ ? std::optional(*deadline_.deadline() - kCpuWindow) : std::nullopt;
  }

  void on_time() {
    const auto now = Clock::now();
    if (cpu_look() && now >= *cpu_look()) {
      cpu_ = sample_cpu(session_.tree());
    }
    probes_.on_time();
    if (deadline_.deadline() && now >= *deadline_.deadline()) {
      facts_.timed_out = true;
      look_at_tree();
      end(Ending::kKill);
    } else if (break_.moment() && now >= *break_.moment()) {
      facts_.let_go = true;
      look_at_tree();
      end(Ending::kDetach);
    } else if (rest_deadline_ && now >= *rest_deadline_) {
      end(options_.tree.on_root_exit == OnRootExit::kDetach ? Ending::kDetach : Ending::kKill);
    } else if (auto hit = limits_.check(session_.tree())) {
      on_limit(std::move(*hit));
    }
  }

  void on_woken(HANDLE by) {
    if (by == stop_) {
      facts_.interrupted = true;
      if (options_.attach) {  // it runs on: what it was doing is all that there will be to see
        look_at_tree();
      }
      end(Ending::kKill);
      return;
    }
    LimitHit hit;
    hit.kind = LimitKind::kOutput;
    hit.limit = options_.limits.output.value_or(0);
    hit.measured = streams_.bytes();
    hit.time = since(started_, Clock::now());
    on_limit(std::move(hit));
  }

  void look_at_tree() {
    report_.hang =
        look_at_hang(session_.tree(), symbols_, options_.evidence.time, afterwards(), cpu_ ? &*cpu_ : nullptr);
    report_.hang->bucket = report_.hang->processes.empty() ? std::string() : bucket_of(*report_.hang).id;
  }

  void on_limit(LimitHit hit) {
    if (hit.kind == LimitKind::kIdle) {
      facts_.timed_out = !options_.limits.idle_ok;
      facts_.went_idle = options_.limits.idle_ok;
      if (facts_.timed_out) {
        look_at_tree();
      }
    } else {
      facts_.limit_hit = true;
      hit.processes = look_at_processes(suspects(hit.pid), symbols_, options_.evidence.time, afterwards()).processes;
    }
    report_.limit = std::move(hit);
    end(Ending::kKill);
  }

  // Whose stacks tell why a limit was hit: one process's, or where nobody can say whose, the oldest ones'.
  std::vector<Process*> suspects(std::uint32_t pid) {
    constexpr std::size_t kMost = 8;
    if (Process* one = session_.tree().find(pid)) {
      return {one};
    }
    std::vector<Process*> result;
    for (Process& process : session_.tree().processes()) {
      if (process.is_awaited() && result.size() < kMost) {
        result.push_back(&process);
      }
    }
    return result;
  }

  void on_event(const Event& event) {
    tell_observer(event);
    break_.on_event(event);
    probes_.on_event(event);
    if (auto hit = limits_.on_event(event, session_.tree())) {
      on_limit(std::move(*hit));
      return;
    }
    CrashFinding finding = crashes_.on_event(event);
    if (finding.cannot_start) {
      facts_.start_failure = StartFailure::kCannotStart;
      start_failure_ = why_it_cannot_start(*event.process, *finding.cannot_start);
    }
    if (finding.crash) {
      crashed_.insert(event.process);
      on_crash(event, std::move(*finding.crash));
    } else if (const auto* raised = std::get_if<ExceptionRaised>(&event.body);
               raised != nullptr && raised->action.disposition == Disposition::kIgnoredDeath) {
      crashed_.insert(event.process);
      session_.end_process(*event.process, raised->code);
    }
    if (const auto line = debug_output_.on_event(event)) {
      show(*line);
    }
    if (std::holds_alternative<ProcessEnded>(event.body) && is_root(*event.process)) {
      on_root_ended();
    }
  }

  bool is_root(const Process& process) const { return &process == &session_.tree().processes().front(); }

  void on_root_ended() {
    if (options_.tree.on_root_exit != OnRootExit::kWait) {
      rest_deadline_ = Clock::now() + options_.tree.linger.value_or(std::chrono::milliseconds(0));
    }
  }

  static std::string why_it_cannot_start(const Process& process, std::uint32_t status) {
    const std::string missing = explain_start_failure(process.image, process.state.bits == 64, status);
    return fmt::format("{} cannot start: {}", file_name_of(process.image),
                       missing.empty() ? describe_exit_status(status) : missing);
  }

  void on_crash(const Event& event, Crash crash) {
    probes_.on_crash(*event.process);
    // Before its event is continued, so that neither the system's crash handling nor a dialog of the C runtime starts.
    if (!crash.exit_status) {
      session_.end_process(*event.process, crash.kind == CrashKind::kAbort ? kAbortExitCode : crash.status);
    }
    debug_output_.add_to(crash, *event.process);
    report_.crashes.push_back(std::move(crash));
    if (!options_.keep_going) {
      end(Ending::kKill);
    }
  }

  // The first reason decides.
  void end(Ending ending) { ending_ = ending_.value_or(allowed(ending)); }

  // What catcher has not started it does not kill.
  Ending allowed(Ending ending) const { return options_.attach ? Ending::kDetach : ending; }

  Afterwards afterwards() const { return options_.attach ? Afterwards::kRunOn : Afterwards::kStaySuspended; }

  void end_tree(Ending ending) {
    if (session_.tree().living() == 0 && !ending_) {
      return;
    }
    probes_.look_at_rest(moment_of_end());
    if (ending == Ending::kDetach) {
      session_.detach_tree();
    } else {
      session_.kill_tree(kKilledStatus);
    }
    drain();
  }

  MemoryMoment moment_of_end() const {
    return facts_.timed_out     ? MemoryMoment::kTimeout
           : facts_.limit_hit   ? MemoryMoment::kLimit
           : facts_.interrupted ? MemoryMoment::kInterrupted
           : facts_.let_go      ? MemoryMoment::kLook
                                : MemoryMoment::kKilled;
  }

  void drain() {
    const auto deadline = Clock::now() + kKillGrace;
    session_.ignore_wakes();
    for (;;) {
      Step step = session_.next(deadline);
      if (const auto* event = std::get_if<Event>(&step)) {
        tell_observer(*event);
      } else if (std::holds_alternative<DeadlinePassed>(step)) {
        report_.warnings.push_back(fmt::format("{} of the killed processes had not ended after {} s",
                                               session_.tree().living(), kKillGrace.count()));
        return;
      } else {
        return;
      }
    }
  }

  void tell_observer(const Event& event) const {
    if (observer_.on_event) {
      observer_.on_event(describe_event(event, since(started_, Clock::now())));
    }
  }

  void show(const DebugLine& line) {
    if (options_.capture.echo_debug_output && observer_.on_debug_output) {
      const auto began = Clock::now();
      observer_.on_debug_output(line);
      debug_output_.spend(Clock::now() - began);
    }
  }

  void fill_report() {
    session_.look_after_unfollowed();
    for (const Process& process : session_.tree().processes()) {
      // Where a loader gave up says nothing: what it missed does.
      const auto stack = start_failure_.empty() ? crashes_.exit_stack(process) : std::nullopt;
      report_.processes.push_back(process_record(process, {crashed_.contains(&process), stack}, started_));
    }
    if (!report_.processes.empty()) {
      facts_.root_exit_status = report_.processes.front().exit_status;
    }
    if (options_.attach && !report_.processes.empty()) {
      report_.command_line = report_.processes.front().command_line;
    }
    for (const Process& process : session_.tree().processes()) {
      if (process.lost) {
        report_.warnings.push_back(fmt::format(
            "process {} took itself out of the debugger's hands: what it did from then on was not seen", process.pid));
      }
    }
    report_.handled_exceptions = crashes_.handled_exceptions();
    facts_.defect_found = probes_.fill(report_);
    report_.debug_output = debug_output_.take();
    report_.captured = streams_.finish();
    report_.warnings.insert(report_.warnings.end(), streams_.warnings().begin(), streams_.warnings().end());
    if (!session_.job_warning().empty()) {
      report_.warnings.push_back(session_.job_warning());
    }
    report_.duration = since(started_, Clock::now());
    report_.start_failure = start_failure_;
  }

  const Options& options_;
  const RunObserver& observer_;
  RunReport& report_;
  HANDLE stop_;  // the stop source's
  OutputCapture streams_;
  Clock::time_point started_ = Clock::now();
  DeadlineMonitor deadline_;
  std::optional<ModuleFiles> own_files_;  // where there are none to share, like own_symbols_
  Session session_;
  std::optional<SymbolCache> own_symbols_;  // where there are none to share
  SymbolCache& symbols_;
  CrashMonitor crashes_;
  DebugOutputMonitor debug_output_;
  RunProbes probes_;
  LimitMonitor limits_;
  BreakMoment break_;
  RunFacts facts_;
  std::string start_failure_;
  std::set<const Process*> crashed_;                // also those whose exception the policy ignores
  std::optional<Clock::time_point> rest_deadline_;  // of what the root left behind
  std::optional<CpuSample> cpu_;                    // when the deadline was near
  std::optional<Ending> ending_;                    // there is a reason to end the tree
};

}  // namespace

RunFacts run_tree(const Options& options, const StopSource& stop, const RunObserver& observer, RunReport& report,
                  SharedParts* shared) {
  return Run(options, stop, observer, report, shared).execute();
}

}  // namespace catcher
