#pragma once

#include "debugger/breakpoints.h"
#include "debugger/decide.h"
#include "debugger/module.h"
#include "debugger/process_memory.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace catcher {

// One thread of a debuggee.
struct Thread {
  std::uint32_t tid = 0;
  HANDLE handle =
      nullptr;  // the debug event's: the OS closes it when the thread's exit event is continued, we never do
  Address teb;
  bool critical_error_announced = false;  // see ExceptionFacts
  bool is_break_in = false;               // not the debuggee's: attaching has started it
  std::string name;                       // as the thread told the debugger (exception 0x406D1388); may be empty
};

// Who asked for the end of a process.
enum class ExitRequest {
  kNone,      // nobody that we saw
  kExitCall,  // the process itself, by ExitProcess or what the C runtime makes of exit()
  kOwnHand,   // the process itself, by TerminateProcess on itself: also how the loader gives up and how
              // RaiseFailFastException ends
  kByTree,    // another process of the tree
  kByCatcher
};

// One process of the tree, alive or ended.
struct Process {
  using Clock = std::chrono::steady_clock;

  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  HANDLE handle = nullptr;   // the debug event's, like Thread::handle; null once the process has ended
  std::string image;         // full path, UTF-8
  std::string command_line;  // UTF-8
  Address image_base;
  Address peb;
  Clock::time_point started;
  std::optional<Clock::time_point> ended;
  std::optional<std::uint32_t> exit_status;
  ExitRequest exit_request = ExitRequest::kNone;
  bool followed = true;   // false: it runs without us, and only its birth was seen
  bool detached = false;  // it was let go alive
  // It ended, and no event told of it: it had taken itself out of the debugger's hands.
  bool lost = false;
  bool is_helper = false;  // a process of the OS that nobody waits for
  ProcessState state;
  ProcessMemory memory{nullptr};
  std::map<std::uint32_t, Thread> threads;  // by tid
  std::vector<Module> modules;              // in order of loading; size and path are filled in by describe_modules()
  BreakpointTable breakpoints;

  bool alive() const noexcept { return handle != nullptr; }
  // True while the run must not end because of it.
  bool is_awaited() const noexcept { return alive() && !is_helper; }
  Thread* find_thread(std::uint32_t tid);
};

// Every process of one run, in order of creation.
class ProcessTree {
 public:
  Process& add(Process process);

  // The living process with this id, or null: ids are used again after an end.
  Process* find(std::uint32_t pid) noexcept;

  const std::deque<Process>& processes() const noexcept { return processes_; }
  std::deque<Process>& processes() noexcept { return processes_; }
  std::size_t living() const noexcept;
  std::size_t awaited() const noexcept;

 private:
  std::deque<Process> processes_;  // a deque, so that references stay good
};

// What the OS says about a process that was just created; the event's own fields (pid, handle, threads) are the
// caller's to fill in.
void describe_process(Process& process);

// The process that started the one behind `process` (PROCESS_QUERY_LIMITED_INFORMATION), or 0.
std::uint32_t parent_of(HANDLE process);

// Reads size, time stamp and path of the modules that were not asked about before. Costs several system calls a module:
// only when something is reported.
// `known` are modules of other processes that were described: what the headers call the same image, at the same place,
// is not asked about again.
void describe_modules(Process& process, const std::vector<Module>& known = {});

// The module that an address lies in, described; nothing when it lies in none.
std::optional<Module> module_at(Process& process, Address address);

}  // namespace catcher
