#pragma once

#include "debugger/debug_port.h"
#include "debugger/event.h"
#include "debugger/launch.h"
#include "debugger/process_tree.h"

#include <catcher/options.h>

#include <chrono>
#include <optional>
#include <variant>

namespace catcher {

// What Session::next() came back with.
struct DeadlinePassed {};
struct Woken {};
struct TreeEnded {};
using Step = std::variant<Event, DeadlinePassed, Woken, TreeEnded>;

// One target and all its descendants under the debugger: turns debug events into Events, keeps the model, and
// continues. Knows no policy but what decide() is given. Belongs to the thread that launched it. Whatever is still
// alive when it is destroyed is killed.
class Session {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws StartError or std::system_error like launch(). `wake` is an event of the caller's that ends a wait; may be
  // null.
  Session(const LaunchRequest& request, const CrashPolicy& policy, HANDLE wake);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Lets the process of the last event go on and sleeps until the next event, the deadline, or `wake`. TreeEnded when
  // no process of the tree is left, including those that another debugger in the tree has taken over.
  Step next(std::optional<Clock::time_point> deadline);

  // Ends one process, now, with this exit status. Its end arrives as an event.
  void end_process(Process& process, std::uint32_t status);

  // Ends every process, the youngest first, and from now on everything that is still born. next() then delivers their
  // ends.
  void kill_tree(std::uint32_t status);

  // Stops listening to `wake`, once it has said what it had to say.
  void ignore_wake() noexcept;

  ProcessTree& tree() noexcept { return tree_; }
  const ProcessTree& tree() const noexcept { return tree_; }
  Clock::time_point started() const noexcept { return started_; }
  const std::string& job_warning() const noexcept { return launched_.job_warning; }

 private:
  std::optional<Event> translate(const DEBUG_EVENT& raw);
  Event on_process_created(const DEBUG_EVENT& raw);
  Event on_exception(Process& process, const DEBUG_EVENT& raw);
  std::optional<Event> on_own_breakpoint(Process& process, Thread* thread, const EXCEPTION_RECORD& record);
  void on_module_loaded(Process& process, const LOAD_DLL_DEBUG_INFO& info);
  void note_thread_name(Process& process, const ExceptionRaised& raised);
  void note_exit_request(Process& process, const WatchedFunctionReached& reached);
  void note_critical_error(Process& process, Thread* thread, const DebugString& text);
  void arm(Process& process, const Module& module);
  void resume_pending();
  std::optional<Step> wait_for_escaped(std::optional<Clock::time_point> deadline);

  CrashPolicy policy_;
  Clock::time_point started_;
  LaunchedProcess launched_;
  HANDLE wake_;  // the caller's
  DebugPort port_;
  ProcessTree tree_;
  bool root_seen_ = false;
  bool killing_ = false;
  std::optional<DWORD> pending_status_;  // how to continue the last event; none: nothing to continue
};

}  // namespace catcher
