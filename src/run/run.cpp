#include <catcher/run.h>

#include "debugger/session.h"
#include "debugger/target_program.h"
#include "evidence/crash_evidence.h"
#include "evidence/hang_evidence.h"
#include "evidence/loader_search.h"
#include "evidence/symbol_cache.h"
#include "monitors/crash_monitor.h"
#include "monitors/deadline_monitor.h"
#include "monitors/debug_output_monitor.h"
#include "run/event_line.h"
#include "run/stop_source.h"
#include "triage/bucket.h"
#include "triage/path_name.h"
#include "triage/summary.h"
#include "triage/verdict.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <set>
#include <string>

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

SymbolOptions symbol_options(const EvidenceLimits& limits) {
  return {limits.symbol_directories, limits.time};
}

CrashEvidence crash_evidence(SymbolCache& symbols, const EvidenceLimits& limits) {
  EvidenceOptions options;
  options.dump_directory = limits.dump_type == DumpType::kNone ? std::string() : limits.dump_directory;
  options.dump_type = limits.dump_type == DumpType::kFull ? MinidumpType::kFull : MinidumpType::kSmall;
  options.time = limits.time;
  return {symbols, std::move(options)};
}

// One run from the first event to the last.
class Run {
 public:
  Run(const Options& options, const StopSource& stop, const RunObserver& observer, RunReport& report)
      : options_(options),
        observer_(observer),
        report_(report),
        session_(launch({options.command_line, options.surroundings, {}}), started_,
                 {options.crash_policy, options.tree}, stop.state()->event.get()),
        symbols_(symbol_options(options.evidence)),
        crashes_(options.crash_policy, crash_evidence(symbols_, options.evidence), session_.started()),
        debug_output_(session_.started()),
        deadline_(options.timeout, session_.started()) {}

  RunFacts execute() {
    watch();
    if (kill_wanted_) {
      session_.kill_tree(kKilledStatus);
      drain();
    }
    fill_report();
    return facts_;
  }

 private:
  // Until the tree has ended or there is a reason to end it.
  void watch() {
    while (!kill_wanted_) {
      Step step = session_.next(deadline_.deadline());
      if (std::holds_alternative<TreeEnded>(step)) {
        return;
      }
      if (std::holds_alternative<DeadlinePassed>(step)) {
        facts_.timed_out = kill_wanted_ = true;
        report_.hang = look_at_hang(session_.tree(), symbols_, options_.evidence.time);
        report_.hang->bucket = report_.hang->processes.empty() ? std::string() : bucket_of(*report_.hang).id;
      } else if (std::holds_alternative<Woken>(step)) {
        facts_.interrupted = kill_wanted_ = true;
      } else {
        on_event(std::get<Event>(step));
      }
    }
  }

  void on_event(const Event& event) {
    tell_observer(event);
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
    debug_output_.on_event(event);
  }

  static std::string why_it_cannot_start(const Process& process, std::uint32_t status) {
    const std::string missing = explain_start_failure(process.image, process.state.bits == 64, status);
    return fmt::format("{} cannot start: {}", file_name_of(process.image),
                       missing.empty() ? describe_exit_status(status) : missing);
  }

  void on_crash(const Event& event, Crash crash) {
    // Before its event is continued, so that neither the system's crash handling nor a dialog of the C runtime starts.
    if (!crash.exit_status) {
      session_.end_process(*event.process, crash.kind == CrashKind::kAbort ? kAbortExitCode : crash.status);
    }
    debug_output_.add_to(crash, *event.process);
    report_.crashes.push_back(std::move(crash));
    kill_wanted_ = !options_.keep_going;
  }

  void drain() {
    const auto deadline = Clock::now() + kKillGrace;
    for (;;) {
      Step step = session_.next(deadline);
      if (const auto* event = std::get_if<Event>(&step)) {
        tell_observer(*event);
      } else if (std::holds_alternative<TreeEnded>(step)) {
        return;
      } else if (std::holds_alternative<DeadlinePassed>(step)) {
        report_.warnings.push_back(fmt::format("{} of the killed processes had not ended after {} s",
                                               session_.tree().living(), kKillGrace.count()));
        return;
      } else {
        session_.ignore_wake();
      }
    }
  }

  void tell_observer(const Event& event) const {
    if (observer_.on_event) {
      observer_.on_event(describe_event(event, since(session_.started(), Clock::now())));
    }
  }

  void fill_report() {
    for (const Process& process : session_.tree().processes()) {
      report_.processes.push_back(record_of(process));
    }
    if (!report_.processes.empty()) {
      facts_.root_exit_status = report_.processes.front().exit_status;
    }
    report_.handled_exceptions = crashes_.handled_exceptions();
    if (!session_.job_warning().empty()) {
      report_.warnings.push_back(session_.job_warning());
    }
    report_.duration = since(session_.started(), Clock::now());
    report_.start_failure = start_failure_;
  }

  ProcessRecord record_of(const Process& process) const {
    ProcessRecord record;
    record.pid = process.pid;
    record.parent_pid = process.parent_pid;
    record.bits = process.state.bits;
    record.image = process.image;
    record.command_line = process.command_line;
    record.start = since(session_.started(), process.started);
    if (process.ended) {
      record.end = since(session_.started(), *process.ended);
    }
    record.exit_status = process.exit_status;
    record.ended = how_ended(process);
    if (start_failure_.empty()) {  // where a loader gave up says nothing: what it missed does
      record.exit_stack = crashes_.exit_stack(process);
    }
    return record;
  }

  HowEnded how_ended(const Process& process) const {
    if (crashed_.contains(&process)) {
      return HowEnded::kCrash;
    }
    const bool killed = process.exit_request == ExitRequest::kByCatcher || process.exit_request == ExitRequest::kByTree;
    return killed ? HowEnded::kKilled : HowEnded::kItself;
  }

  const Options& options_;
  const RunObserver& observer_;
  RunReport& report_;
  Clock::time_point started_ = Clock::now();
  Session session_;
  SymbolCache symbols_;
  CrashMonitor crashes_;
  DebugOutputMonitor debug_output_;
  DeadlineMonitor deadline_;
  RunFacts facts_;
  std::string start_failure_;
  std::set<const Process*> crashed_;  // also those whose exception the policy ignores
  bool kill_wanted_ = false;
};

// Inherited by the tree, so that no dialog of the OS waits for somebody to press a button.
void suppress_error_dialogs() {
  SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
}

}  // namespace

RunReport run(const Options& options, const StopSource& stop, const RunObserver& observer) {
  RunReport report;
  report.catcher_version = CATCHER_VERSION;
  report.command_line = to_utf8(options.command_line);
  report.started = std::chrono::system_clock::now();
  suppress_error_dialogs();
  RunFacts facts;
  try {
    facts = Run(options, stop, observer, report).execute();
  } catch (const StartError& error) {
    facts.start_failure =
        error.exit_code() == ExitCode::kNotFound ? StartFailure::kNotFound : StartFailure::kCannotStart;
    report.start_failure = error.what();
  }
  facts.first_crash = report.crashes.empty() ? nullptr : &report.crashes.front();
  const RunVerdict verdict = decide_verdict(facts, options.crash_exit_code);
  report.verdict = verdict.verdict;
  report.exit_code = verdict.exit_code;
  const bool timed_out = report.verdict == Verdict::kTimeout && options.timeout;
  report.summary = summarize_run(report, timed_out ? describe_duration(*options.timeout) : report.start_failure);
  return report;
}

RunReport run(const Options& options) {
  return run(options, StopSource());
}

}  // namespace catcher
