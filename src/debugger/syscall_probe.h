#pragma once

#include "debugger/process_tree.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catcher {

// A system call that a probe wants to see.
struct SyscallSite {
  std::string_view function;  // "NtClose"
  bool wants_exit = false;    // also its end, with the result
};

// What a probe's breakpoints have for an id.
constexpr std::uint32_t probe_id(std::size_t site, bool is_exit) {
  return static_cast<std::uint32_t>(site) << 1 | (is_exit ? 1U : 0U);
}
constexpr std::size_t site_of(std::uint32_t id) {
  return id >> 1;
}
constexpr bool is_exit_of(std::uint32_t id) {
  return (id & 1) != 0;
}

// What a thread that stands at the entry of a system call gives it: counted from 0, in the x64 calling convention. From
// the fifth on they are on its stack, which is read from `memory`.
std::uint64_t syscall_argument(const ThreadContext& context, const MemoryReader& memory, std::uint8_t number);

// What became of arming one process.
struct ArmedProbe {
  std::size_t stubs = 0;             // that have a breakpoint now
  bool has_exits = true;             // false: no results can be seen, for the reason in `problem`
  std::vector<std::string> refused;  // functions that are no system call stub that catcher knows (hooked?)
  std::string problem;               // empty: none
};

// Sets breakpoints on system call stubs: where the functions are is looked up once for each ntdll, what stands there in
// every process anew.
class SyscallProbe {
 public:
  // `sites` are the caller's and must stay.
  SyscallProbe(BreakpointOwner owner, std::span<const SyscallSite> sites) : owner_(owner), sites_(sites) {}

  // Whether `module` is where the process's system calls are made: the 64-bit ntdll. A 32-bit process has another one,
  // whose calls come through this one too.
  static bool is_wanted(Process& process, const Module& module);

  // Arms the process, which stands still. Functions that this system does not have are passed over.
  ArmedProbe arm(Process& process, const Module& module);

 private:
  using Image = std::pair<std::uint32_t, std::uint32_t>;  // time stamp and size
  const std::vector<std::uint32_t>& places_in(Process& process, const Module& module, const Image& image);

  BreakpointOwner owner_;
  std::span<const SyscallSite> sites_;
  std::map<Image, std::vector<std::uint32_t>> places_;  // RVA of each site; 0: not there
};

}  // namespace catcher
