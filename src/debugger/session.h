#pragma once

#include "debugger/debug_port.h"
#include "debugger/detach.h"
#include "debugger/event.h"
#include "debugger/launch.h"
#include "debugger/module_files.h"
#include "debugger/outsiders.h"
#include "debugger/probe.h"
#include "debugger/process_tree.h"
#include "win32/unique_handle.h"

#include <catcher/options.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace catcher {

// What Session::next() came back with.
struct DeadlinePassed {};
struct Woken {
  HANDLE by = nullptr;  // the caller's event that was set
};
struct TreeEnded {};
using Step = std::variant<Event, DeadlinePassed, Woken, TreeEnded>;

// What a session must know beforehand.
struct SessionRules {
  CrashPolicy crash;          // for decide()
  TreePolicy tree;            // which children are followed
  bool attached = false;      // the first process ran before us: it is let go in the end, never killed
  bool stops_at_end = false;  // who exits is stopped once more when its DLLs have gone: somebody looks at what is left
  bool run_as_is = false;     // a debuggee that asks is told that it has no debugger
};

// One target and all its descendants under the debugger: turns debug events into Events, keeps the model, and
// continues. Knows no policy but its rules. Belongs to the thread that launched the target. Whatever is still alive
// when it is destroyed is killed, but what was detached; after an attach it is let go.
class Session {
 public:
  using Clock = std::chrono::steady_clock;

  // For a target that this thread has just launched; `started` is when that was. `wakes` are events of the
  // caller's, each of which ends a wait.
  // `files` must outlive it.
  Session(LaunchedProcess launched, Clock::time_point started, SessionRules rules, std::vector<HANDLE> wakes,
          ModuleFiles& files);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Somebody with breakpoints of his own, told of modules and hits by next(). Stays the caller's; the session's end
  // does not need it. No two with the same owner().
  void add_probe(Probe& probe) { probes_.push_back(&probe); }

  // Lets the process of the last event go on and sleeps until the next event, the deadline, or a wake. TreeEnded when
  // no process of the tree is left that is waited for, including those that another debugger in the tree has taken
  // over.
  Step next(std::optional<Clock::time_point> deadline);

  // Ends one process, now, with this exit status. Its end arrives as an event.
  void end_process(Process& process, std::uint32_t status);

  // Ends every process, the youngest first, and from now on everything that is still born. next() then delivers their
  // ends.
  void kill_tree(std::uint32_t status);

  // Lets one process run on without us: takes our breakpoints away, works off the events that are still on their way,
  // and lets it go. next() does it; the process counts as alive until then.
  void detach(Process& process);

  // The same for every process, and nothing of the tree is killed any more when this ends.
  void detach_tree();

  // The processes that were never followed: what became of them, as far as the OS still tells. Those that never were in
  // our hands join the tree here. Call it once, at the end.
  void look_after_unfollowed();

  // Stops listening to the wakes, once they have said what they had to say.
  void ignore_wakes() noexcept { port_.ignore_wakes(); }

  ProcessTree& tree() noexcept { return tree_; }
  const ProcessTree& tree() const noexcept { return tree_; }
  Clock::time_point started() const noexcept { return started_; }
  // The tree's job; null where the OS refused one.
  const Job* job() const noexcept { return launched_.job ? &*launched_.job : nullptr; }
  const std::string& job_warning() const noexcept { return launched_.job_warning; }

 private:
  std::optional<Event> translate(const DEBUG_EVENT& raw);
  Event on_process_created(const DEBUG_EVENT& raw);
  std::optional<Event> on_process_gone(HANDLE process);
  void attend_processes();
  static void forget_handles(Process& process);
  std::optional<Event> on_exception(Process& process, const DEBUG_EVENT& raw);
  void on_thread_created(const Process& process, Thread& thread, const CREATE_THREAD_DEBUG_INFO& info);
  void watch(Process& process, const Module& module, ModuleFile file);
  void on_module_loaded(Process& process, const LOAD_DLL_DEBUG_INFO& info);
  bool is_awaited_outside(std::uint32_t pid, HANDLE process);
  void finish_detaching();
  void let_go(Process& process);
  void resume_pending();
  std::optional<Step> wait_for_escaped(std::optional<Clock::time_point> deadline);

  SessionRules rules_;
  Clock::time_point started_;
  LaunchedProcess launched_;
  DebugPort port_;
  ModuleFiles& files_;
  ProcessTree tree_;
  std::vector<Probe*> probes_;  // the caller's
  bool root_seen_ = false;
  bool killing_ = false;
  bool ended_ = false;     // nothing is left to be ended
  bool released_ = false;  // what is alive at the end lives on
  LeavingProcesses leaving_;
  std::map<std::uint32_t, UniqueHandle> unfollowed_;  // by pid: for their exit codes
  std::set<std::uint32_t> unawaited_;                 // outside the debugger: unfollowed ones and what these start
  Outsiders outsiders_;                               // of the job, but not of the tree
  bool attend_again_ = false;                         // there are others alive than the port attends to
  Process* gone_ = nullptr;                           // ended without an event; its handles are still open
  std::optional<DWORD> pending_status_;               // how to continue the last event; none: nothing to continue
};

}  // namespace catcher
