#pragma once

#include <catcher/run_report.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {

// One thing that happened to a handle value, as it was seen.
struct HandleStep {
  HandleEventKind kind = HandleEventKind::kOpened;
  std::uint32_t tid = 0;
  std::chrono::milliseconds time{};  // since the start of the run
  std::uint64_t order = 0;           // rises from step to step of a process
  std::optional<std::uint32_t> stack;
  std::uint32_t owner = 0;    // module that did it, by a number of the caller's; 0: not known
  std::string_view function;  // the system call; static
  std::string type;           // of the object: "Semaphore"; may be empty
  std::string name;           // of the object; may be empty
};

// What the OS says about a handle value at this moment.
struct HandleNow {
  bool is_open = false;
  std::string type;
  std::string name;
  bool is_known = true;  // false: nobody asked
};

// What is known of one handle value: the objects that it stood for, one after another.
struct HandleHistory {
  static constexpr std::size_t kSteps = 16;
  bool is_open = false;
  bool is_doubtful = false;       // it was closed while it was being given out: nobody can tell in which order
  std::vector<HandleStep> steps;  // the last kSteps, oldest first

  // The last step that brought the object which the value stands for, or stood for last; null: not known.
  const HandleStep* opening() const;
};

// A defect; its story is the history of the value, with this step as the last.
struct HandleDefect {
  HandleFindingKind kind = HandleFindingKind::kDoubleClose;
  // A stale close that could be a handle given away: the same module has closed such handles of that other one before.
  bool is_doubtful = false;
};

// The handle values of one process and what became of them: values in, defects out. Knows no process. A value is what a
// program holds, without the two low bits that mean nothing.
class HandleTable {
 public:
  // The key of a value; nothing for null, for pseudo handles and for those of the kernel.
  static std::optional<std::uint64_t> key(std::uint64_t value);

  // True when the table takes the value for open; then the OS need not be asked about it.
  bool is_open(std::uint64_t key) const;
  const HandleHistory* find(std::uint64_t key) const;

  // The process was given this value. `asked` is the order of the moment when it asked.
  void opened(std::uint64_t key, HandleStep step, std::uint64_t asked);

  // It was open already when the table begins.
  void found(std::uint64_t key, HandleStep step);

  // Somebody is about to close it. `now` is wanted when !is_open(); `is_closing` is true when another thread is just
  // closing it, so that the OS still has it.
  std::optional<HandleDefect> closed(std::uint64_t key, HandleStep step, const HandleNow& now, bool is_closing);

  // Somebody is about to use it as an object of the type `wanted` (empty: any). `now` is wanted when needs_look().
  bool needs_look(std::uint64_t key, std::string_view wanted) const;
  std::optional<HandleDefect> used(std::uint64_t key, HandleStep step, std::string_view wanted, const HandleNow& now);

  const std::map<std::uint64_t, HandleHistory>& values() const { return values_; }

 private:
  bool is_stale_close(const HandleHistory& history, const HandleStep& step) const;

  std::map<std::uint64_t, HandleHistory> values_;
  // Modules that have closed what another had opened, and nothing was odd about it: opener and closer.
  std::set<std::pair<std::uint32_t, std::uint32_t>> given_away_;
};

}  // namespace catcher
