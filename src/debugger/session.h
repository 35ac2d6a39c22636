#pragma once

#include "debugger/debug_port.h"
#include "debugger/event.h"
#include "debugger/launch.h"
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
struct Woken {};
struct TreeEnded {};
using Step = std::variant<Event, DeadlinePassed, Woken, TreeEnded>;

// What a session must know beforehand.
struct SessionRules {
  CrashPolicy crash;  // for decide()
  TreePolicy tree;    // which children are followed
};

// One target and all its descendants under the debugger: turns debug events into Events, keeps the model, and
// continues. Knows no policy but its rules. Belongs to the thread that launched the target. Whatever is still alive
// when it is destroyed is killed, but what was detached.
class Session {
 public:
  using Clock = std::chrono::steady_clock;

  // For a target that this thread has just launched; `started` is when that was. `wake` is an event of the caller's
  // that ends a wait; may be null.
  Session(LaunchedProcess launched, Clock::time_point started, SessionRules rules, HANDLE wake);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Lets the process of the last event go on and sleeps until the next event, the deadline, or `wake`. TreeEnded when
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

  // The processes that were never followed: what became of them, as far as the OS still tells.
  void look_after_unfollowed();

  // Stops listening to `wake`, once it has said what it had to say.
  void ignore_wake() noexcept;

  ProcessTree& tree() noexcept { return tree_; }
  const ProcessTree& tree() const noexcept { return tree_; }
  Clock::time_point started() const noexcept { return started_; }
  const std::string& job_warning() const noexcept { return launched_.job_warning; }

 private:
  std::optional<Event> translate(const DEBUG_EVENT& raw);
  Event on_process_created(const DEBUG_EVENT& raw);
  std::optional<Event> on_exception(Process& process, const DEBUG_EVENT& raw);
  std::optional<Event> on_own_breakpoint(Process& process, Thread* thread, const EXCEPTION_RECORD& record);
  void on_module_loaded(Process& process, const LOAD_DLL_DEBUG_INFO& info);
  bool stepped_back(Process& process, Thread* thread, Address at);
  bool is_awaited_outside(std::uint32_t pid, HANDLE process);
  void finish_detaching();
  void let_go(Process& process);
  void resume_pending();
  std::optional<Step> wait_for_escaped(std::optional<Clock::time_point> deadline);

  SessionRules rules_;
  Clock::time_point started_;
  LaunchedProcess launched_;
  HANDLE wake_;  // the caller's
  DebugPort port_;
  ProcessTree tree_;
  bool root_seen_ = false;
  bool killing_ = false;
  bool released_ = false;                             // what is alive at the end lives on
  std::vector<Process*> detaching_;                   // their threads are suspended
  std::map<std::uint32_t, UniqueHandle> unfollowed_;  // by pid: for their exit codes
  std::set<std::uint32_t> unawaited_;                 // outside the debugger: unfollowed ones and what these start
  std::optional<DWORD> pending_status_;               // how to continue the last event; none: nothing to continue
};

}  // namespace catcher
