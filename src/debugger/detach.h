#pragma once

#include "debugger/process_tree.h"
#include "win32/unique_handle.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace catcher {

// The threads of a process that is about to be let go: they stand still until this ends. The order matters to the
// debuggee:
//
//     HaltedThreads halted(process);                   // nothing moves
//     process.breakpoints.remove_all(process.memory);  // nobody can run into one any more
//     ... work off the events that are on their way; a thread that is born meanwhile: halted.add(thread) ...
//     while (halted.let_due_events_come(process)) ...  // somebody ran into one just before
//     DebugActiveProcessStop(process.pid);             // what a thread does from here on is not ours to judge
//     // halted ends: they run on
class HaltedThreads {
 public:
  explicit HaltedThreads(const Process& process);
  ~HaltedThreads();
  HaltedThreads(HaltedThreads&&) noexcept = default;
  HaltedThreads& operator=(HaltedThreads&&) = delete;
  HaltedThreads(const HaltedThreads&) = delete;
  HaltedThreads& operator=(const HaltedThreads&) = delete;

  // Suspends one more; returns when it really stands.
  void add(const Thread& thread);

  // True when a thread stands right behind a breakpoint that has been taken away: its event has not come yet, and would
  // kill the process if nobody were there to take it. Lets those threads run so far.
  bool let_due_events_come(const Process& process);

 private:
  void suspend(const Thread& thread);
  void await(std::size_t first);
  std::vector<HANDLE> handles_from(std::size_t first) const;  // null for one that is stuck

  struct Halted {
    std::uint32_t tid;
    UniqueHandle handle;  // our own: those of the events are closed when the debugger goes
    bool runs = false;
    bool is_stuck = false;  // its registers cannot be had
  };
  std::vector<Halted> threads_;
};

// The processes that are on their way to be let go: their threads stand still, and nothing of ours is in them.
class LeavingProcesses {
 public:
  struct Leaving {
    Process* process;
    HaltedThreads threads;
  };

  // Halts its threads and takes our breakpoints away, but for one that is here already.
  void add(Process& process);

  bool empty() const noexcept { return leaving_.empty(); }
  // Null when it is none of them.
  HaltedThreads* threads_of(const Process& process);

  // HaltedThreads::let_due_events_come() for all of them.
  bool let_due_events_come();

  // Hands them out, to be let go; their threads run on when they are destroyed.
  std::vector<Leaving> take() { return std::exchange(leaving_, {}); }

 private:
  std::vector<Leaving> leaving_;
};

}  // namespace catcher
