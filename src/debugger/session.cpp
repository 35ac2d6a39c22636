#include "debugger/session.h"

#include "debugger/breakpoint_hit.h"
#include "debugger/follow.h"
#include "debugger/handle_checks.h"
#include "debugger/hidden_debugger.h"
#include "debugger/leftover_handles.h"
#include "debugger/notifications.h"
#include "debugger/raw_event.h"
#include "debugger/watched_functions.h"
#include "triage/path_name.h"
#include "win32/unique_handle.h"

#include <algorithm>
#include <utility>

namespace catcher {
namespace {

constexpr std::uint32_t kBreakpointCode = 0x80000003;      // STATUS_BREAKPOINT
constexpr std::uint32_t kWx86BreakpointCode = 0x4000001F;  // STATUS_WX86_BREAKPOINT

bool is_breakpoint(std::uint32_t code) {
  return code == kBreakpointCode || code == kWx86BreakpointCode;
}

bool lies_in_ntdll(Process& process, Address address) {
  const auto module = module_at(process, address);
  return module && is_ntdll(module->name);
}

}  // namespace

Session::Session(LaunchedProcess launched, Clock::time_point started, SessionRules rules, std::vector<HANDLE> wakes,
                 ModuleFiles& files)
    : rules_(std::move(rules)),
      started_(started),
      launched_(std::move(launched)),
      port_(std::move(wakes)),
      files_(files) {}

Session::~Session() {
  if (ended_) {
    return;
  }
  probes_.clear();
  try {
    constexpr auto kLastGrace = std::chrono::seconds(2);
    if (rules_.attached) {
      detach_tree();
    } else {
      kill_tree(1);
    }
    const auto deadline = Clock::now() + kLastGrace;
    ignore_wakes();
    while (std::holds_alternative<Event>(next(deadline))) {
    }
  } catch (const std::exception&) {
    // Nothing more can be done for it here; closing the job ends what is left.
  }
}

Step Session::next(std::optional<Clock::time_point> deadline) {
  for (;;) {
    resume_pending();
    if (root_seen_ && tree_.awaited() == 0) {
      if (auto step = wait_for_escaped(deadline)) {
        ended_ = std::holds_alternative<TreeEnded>(*step) && tree_.living() == 0;
        return *step;
      }
      if (tree_.living() == 0) {
        continue;
      }
    }
    if (!leaving_.empty()) {
      constexpr std::chrono::milliseconds kPatience{500};  // for what is on its way
      if (!port_.poll() && !(leaving_.let_due_events_come() && port_.poll(kPatience))) {
        finish_detaching();
        continue;
      }
    } else {
      attend_processes();
      switch (port_.wait(deadline)) {
        case WaitResult::kProcessGone:
          if (auto event = on_process_gone(port_.gone())) {
            return *event;
          }
          continue;
        case WaitResult::kDeadline:
          return DeadlinePassed{};
        case WaitResult::kWoken:
          return Woken{port_.woken_by()};
        case WaitResult::kEvent:
          break;
      }
    }
    pending_status_ = DBG_CONTINUE;
    if (auto event = translate(port_.event())) {
      return *event;
    }
  }
}

void Session::end_process(Process& process, std::uint32_t status) {
  if (process.alive()) {
    process.exit_request = ExitRequest::kByCatcher;
    TerminateProcess(process.handle, status);
  }
}

void Session::kill_tree(std::uint32_t status) {
  killing_ = true;
  if (launched_.job && !released_) {
    // Now, for a debugger takes its debuggees with it.
    outsiders_.look(launched_.job->process_ids(), tree_);
    outsiders_.note_kill();
  }
  auto& processes = tree_.processes();
  std::for_each(processes.rbegin(), processes.rend(), [&](Process& process) { end_process(process, status); });
  if (launched_.job && !released_) {
    launched_.job->terminate(status);
  }
}

void Session::detach(Process& process) {
  const bool is_dying = process.exit_request == ExitRequest::kByCatcher;
  if (process.alive() && !is_dying) {
    leaving_.add(process);
  }
}

void Session::detach_tree() {
  released_ = true;
  if (launched_.job) {
    launched_.job->release();
  }
  for (Process& process : tree_.processes()) {
    detach(process);
  }
}

void Session::finish_detaching() {
  for (const auto& [process, threads] : leaving_.take()) {
    if (process->alive()) {
      let_go(*process);
      process->detached = true;
      process->ended = Clock::now();
    }
  }
}

// From here on its handles are closed, by the OS.
void Session::let_go(Process& process) {
  DebugActiveProcessStop(process.pid);
  unawaited_.insert(process.pid);
  forget_handles(process);
  attend_again_ = true;
}

void Session::look_after_unfollowed() {
  for (Process& process : tree_.processes()) {
    const auto kept = unfollowed_.find(process.pid);
    DWORD status = STILL_ACTIVE;
    if (!process.followed && kept != unfollowed_.end() && WaitForSingleObject(kept->second.get(), 0) == WAIT_OBJECT_0 &&
        GetExitCodeProcess(kept->second.get(), &status) != 0) {
      process.exit_status = status;
    }
  }
  for (Process& outsider : outsiders_.take()) {
    tree_.add(std::move(outsider));
  }
}

void Session::forget_handles(Process& process) {
  close_leftovers(process);
  process.handle = nullptr;
  process.memory = ProcessMemory(nullptr);
  process.threads.clear();
}

void Session::attend_processes() {
  if (!std::exchange(attend_again_, false)) {
    return;
  }
  std::vector<HANDLE> alive;
  for (const Process& process : tree_.processes()) {
    if (process.alive()) {
      alive.push_back(process.handle);
    }
  }
  port_.attend(std::move(alive));
}

// Its handles stay open: only an event of its would have the OS close them.
std::optional<Event> Session::on_process_gone(HANDLE handle) {
  auto& processes = tree_.processes();
  const auto found =
      std::find_if(processes.begin(), processes.end(), [handle](const Process& p) { return p.handle == handle; });
  attend_again_ = true;
  if (found == processes.end()) {
    return std::nullopt;
  }
  DWORD status = 0;
  GetExitCodeProcess(handle, &status);
  found->ended = Clock::now();
  found->exit_status = status;
  found->lost = true;
  gone_ = &*found;
  return Event{gone_, nullptr, 0, ProcessEnded{status}};
}

void Session::resume_pending() {
  if (Process* const gone = std::exchange(gone_, nullptr)) {
    forget_handles(*gone);
  }
  if (!pending_status_) {
    return;
  }
  const DEBUG_EVENT& raw = port_.event();
  Process* process = tree_.find(raw.dwProcessId);
  if (process != nullptr && !process->followed) {
    pending_status_.reset();
    let_go(*process);  // its first event goes with it
    return;
  }
  port_.resume(*pending_status_);
  pending_status_.reset();
  // Only now are the handles of what has ended closed by the OS.
  if (process == nullptr) {
    return;
  }
  if (raw.dwDebugEventCode == EXIT_THREAD_DEBUG_EVENT) {
    if (const Thread* ended = process->find_thread(raw.dwThreadId)) {
      close_leftover(*ended);
    }
    process->threads.erase(raw.dwThreadId);
  } else if (raw.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
    forget_handles(*process);
    attend_again_ = true;
  }
}

std::optional<Event> Session::translate(const DEBUG_EVENT& raw) {
  if (raw.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
    return on_process_created(raw);
  }
  Process* process = tree_.find(raw.dwProcessId);
  if (process == nullptr) {
    return std::nullopt;  // left over from an earlier run on this thread
  }
  Event event{process, process->find_thread(raw.dwThreadId), raw.dwThreadId, {}};
  switch (raw.dwDebugEventCode) {
    case EXCEPTION_DEBUG_EVENT:
      return on_exception(*process, raw);
    case CREATE_THREAD_DEBUG_EVENT:
      event.thread = &(process->threads[raw.dwThreadId] = new_thread(raw.dwThreadId, raw.u.CreateThread.hThread,
                                                                     raw.u.CreateThread.lpThreadLocalBase));
      on_thread_created(*process, *event.thread, raw.u.CreateThread);
      event.body = ThreadStarted{};
      break;
    case EXIT_THREAD_DEBUG_EVENT:
      event.body = ThreadEnded{raw.u.ExitThread.dwExitCode};
      break;
    case EXIT_PROCESS_DEBUG_EVENT:
      process->ended = Clock::now();
      process->exit_status = raw.u.ExitProcess.dwExitCode;
      event.body = ProcessEnded{raw.u.ExitProcess.dwExitCode};
      break;
    case LOAD_DLL_DEBUG_EVENT:
      on_module_loaded(*process, raw.u.LoadDll);
      event.body = ModuleLoaded{to_address(raw.u.LoadDll.lpBaseOfDll)};
      break;
    case UNLOAD_DLL_DEBUG_EVENT: {
      const Address base = to_address(raw.u.UnloadDll.lpBaseOfDll);
      const auto leaving = std::find_if(process->modules.begin(), process->modules.end(),
                                        [base](const Module& module) { return module.base == base; });
      for (std::size_t i = 0; i < probes_.size() && leaving != process->modules.end(); ++i) {
        probes_[i]->on_module_unloading(*process, *leaving);
      }
      process->breakpoints.forget_module(process->memory, base);
      std::erase_if(process->modules, [base](const Module& module) { return module.base == base; });
      event.body = ModuleUnloaded{base};
      break;
    }
    case OUTPUT_DEBUG_STRING_EVENT: {
      const auto& info = raw.u.DebugString;
      const DebugString text{to_address(info.lpDebugStringData), info.nDebugStringLength, info.fUnicode != 0};
      if (event.thread != nullptr && announces_critical_error(process->memory, text)) {
        event.thread->critical_error_announced = true;
      }
      event.body = text;
      break;
    }
    case RIP_EVENT:
      event.body = SystemError{raw.u.RipInfo.dwError, raw.u.RipInfo.dwType};
      break;
    default:
      return std::nullopt;
  }
  return event;
}

Event Session::on_process_created(const DEBUG_EVENT& raw) {
  const CREATE_PROCESS_DEBUG_INFO& info = raw.u.CreateProcessInfo;
  const UniqueFile image(
      info.hFile);  // ours to close, unlike hProcess and hThread, which the OS closes at the exit events
  Process fresh;
  fresh.pid = raw.dwProcessId;
  outsiders_.forget(fresh.pid);
  fresh.handle = info.hProcess;
  fresh.memory = ProcessMemory(info.hProcess);
  fresh.image_base = to_address(info.lpBaseOfImage);
  fresh.started = Clock::now();
  const bool is_root = !std::exchange(root_seen_, true);
  fresh.command_line = is_root ? launched_.command_line : std::string();
  describe_process(fresh);
  if (fresh.image.empty()) {
    fresh.image = file_name_behind(image.get());
  }
  fresh.modules.push_back(
      {fresh.image_base, 0, 0, fresh.state.bits == 64, fresh.image, std::string(file_name_of(fresh.image))});
  fresh.threads[raw.dwThreadId] = new_thread(raw.dwThreadId, info.hThread, info.lpThreadLocalBase);
  // The request was for the root alone; what the OS makes of its children it must say itself.
  fresh.state.strict_handles = is_root ? launched_.strict_handles : checks_handles_strictly(fresh.handle);
  fresh.is_helper = !is_root && is_os_helper(fresh.image);
  fresh.state.attached = is_root && rules_.attached;
  fresh.followed = is_root || killing_ || (!released_ && is_followed(fresh.image, rules_.tree));
  if (!fresh.followed) {
    unfollowed_[fresh.pid] =
        UniqueHandle(OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, fresh.pid));
  }
  Process& process = tree_.add(std::move(fresh));
  attend_again_ = true;
  if (killing_) {
    end_process(process, 1);
  }
  return {&process, process.find_thread(raw.dwThreadId), raw.dwThreadId, ProcessStarted{}};
}

void Session::on_thread_created(const Process& process, Thread& thread, const CREATE_THREAD_DEBUG_INFO& info) {
  thread.is_break_in = process.state.attached && is_break_in(info.lpStartAddress);
  if (HaltedThreads* halted = leaving_.threads_of(process)) {
    halted->add(thread);
  }
}

void Session::on_module_loaded(Process& process, const LOAD_DLL_DEBUG_INFO& info) {
  const UniqueFile file(info.hFile);  // ours to close; NULL where the OS could not open it
  ModuleFile known = files_.look(file.get());
  const Module& module = process.modules.emplace_back(Module{to_address(info.lpBaseOfDll), 0, 0, true, {}, known.name});
  if (!killing_ && leaving_.threads_of(process) == nullptr) {  // else nothing of ours is wanted in it any more
    for (Probe* const probe : probes_) {
      probe->on_module_loaded(process, module);
    }
    watch(process, module, std::move(known));
    if (rules_.run_as_is) {
      hide_debugger_in(process, module);
    }
  }
}

void Session::watch(Process& process, const Module& module, ModuleFile file) {
  if (!file.watched) {
    file.watched = find_watched(process, module);
    files_.remember(file);
  }
  if (file.watched) {
    watch_module(process, module, *file.watched);
  }
}

std::optional<Event> Session::on_exception(Process& process, const DEBUG_EVENT& raw) {
  const EXCEPTION_RECORD& record = raw.u.Exception.ExceptionRecord;
  Thread* thread = process.find_thread(raw.dwThreadId);
  const bool first = raw.u.Exception.dwFirstChance != 0;
  if (is_breakpoint(record.ExceptionCode)) {
    BreakpointHit hit = take_breakpoint_hit(process, thread, to_address(record.ExceptionAddress), first,
                                            killing_ ? std::span<Probe* const>() : probes_);
    if (std::holds_alternative<DealtWith>(hit)) {
      return std::nullopt;
    }
    if (auto* reached = std::get_if<WatchedFunctionReached>(&hit)) {
      if (reached->purpose == WatchPurpose::kTerminateProcess) {
        note_exit_request(tree_, process, *reached);
        // It ends its other threads, then comes here once more to end itself. Who is alone can end nobody else.
        if (reached->process_handle == 0 && tree_.processes().size() == 1 && !rules_.stops_at_end) {
          process.breakpoints.remove(process.memory, reached->address);
        }
      }
      return Event{&process, thread, thread->tid, std::move(*reached)};
    }
  }
  ExceptionRaised raised = exception_of(raw.u.Exception);
  ExceptionFacts facts{raised.code, raised.chance};
  if (thread != nullptr && thread->critical_error_announced) {
    facts.critical_error_announced = true;
    facts.in_ntdll = is_breakpoint(raised.code) && lies_in_ntdll(process, raised.address);
    thread->critical_error_announced = false;
  }
  facts.in_break_in_thread = thread != nullptr && thread->is_break_in;
  if (process.state.attached && !process.state.loader_breakpoint_seen && is_breakpoint(raised.code)) {
    facts.in_ntdll = lies_in_ntdll(process, raised.address);
  }
  raised.action = decide(facts, process.state, rules_.crash);
  if (raised.action.disposition == Disposition::kLoaderBreakpoint) {
    process.state.loader_breakpoint_seen = true;
  } else if (raised.action.disposition == Disposition::kWow64LoaderBreakpoint) {
    process.state.wow64_breakpoint_seen = true;
  }
  note_thread_name(process, raised, raw.dwThreadId);
  pending_status_ = raised.action.status == ContinueStatus::kContinue ? DBG_CONTINUE : DBG_EXCEPTION_NOT_HANDLED;
  return Event{&process, thread, raw.dwThreadId, std::move(raised)};
}

// False for what an unfollowed process has started, and so on.
bool Session::is_awaited_outside(std::uint32_t pid, HANDLE process) {
  if (!unawaited_.contains(pid) && unawaited_.contains(parent_of(process))) {
    unawaited_.insert(pid);
  }
  const Process* known = tree_.find(pid);
  return !unawaited_.contains(pid) && (known == nullptr || known->is_awaited());
}

std::optional<Step> Session::wait_for_escaped(std::optional<Clock::time_point> deadline) {
  if (!launched_.job) {
    return TreeEnded{};
  }
  const std::vector<std::uint32_t> pids = launched_.job->process_ids();
  outsiders_.look(pids, tree_);
  for (const std::uint32_t pid : pids) {
    // Debugged by another debugger of the tree, or started past us: no events, but still part of the tree.
    const UniqueHandle process(OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
    if (!process || !is_awaited_outside(pid, process.get())) {
      continue;
    }
    if (tree_.living() > 0) {
      return std::nullopt;  // helpers of the OS still have events for us, and end with what they serve
    }
    std::vector<HANDLE> handles = port_.wakes();
    handles.push_back(process.get());
    DWORD left = INFINITE;
    if (deadline) {
      left = static_cast<DWORD>(std::clamp<long long>(
          std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count(), 0, INFINITE - 1));
    }
    const DWORD ended = WaitForMultipleObjects(static_cast<DWORD>(handles.size()), handles.data(), FALSE, left);
    if (ended == WAIT_TIMEOUT) {
      return DeadlinePassed{};
    }
    if (ended < WAIT_OBJECT_0 + port_.wakes().size()) {
      return Woken{handles[ended - WAIT_OBJECT_0]};
    }
    return std::nullopt;
  }
  return TreeEnded{};
}

}  // namespace catcher
