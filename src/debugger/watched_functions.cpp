#include "debugger/watched_functions.h"

#include "debugger/assertion.h"
#include "debugger/process_handles.h"
#include "debugger/pseudo_handle.h"
#include "debugger/remote_exports.h"
#include "win32/unique_handle.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace catcher {
namespace {

constexpr std::string_view kNtdll = "ntdll.dll";

// NtTerminateProcess is the one door through which a process ends itself or another: exit() comes here with a null
// handle, then with -1.
// NtRemoveProcessDebug with itself leaves our breakpoints behind, and nobody who answers them.
constexpr std::array kWatched{
    WatchedFunction{kNtdll, "NtTerminateProcess", WatchPurpose::kTerminateProcess},
    WatchedFunction{kNtdll, "NtRemoveProcessDebug", WatchPurpose::kRemoveDebugger},
    WatchedFunction{"msvcrt.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"msvcrt.dll", "_assert", WatchPurpose::kAssert},
    WatchedFunction{"msvcrt.dll", "_wassert", WatchPurpose::kWideAssert},
    WatchedFunction{"ucrtbase.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"ucrtbase.dll", "_wassert", WatchPurpose::kWideAssert},
    WatchedFunction{"ucrtbased.dll", "abort", WatchPurpose::kAbort},
    WatchedFunction{"ucrtbased.dll", "_wassert", WatchPurpose::kWideAssert},
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) { return to_lower(x) == y; });
}

}  // namespace

std::vector<WatchedFunction> watched_functions(std::string_view module_name) {
  std::vector<WatchedFunction> result;
  std::copy_if(kWatched.begin(), kWatched.end(), std::back_inserter(result),
               [module_name](const WatchedFunction& w) { return equal_ignoring_case(module_name, w.module); });
  return result;
}

bool is_ntdll(std::string_view module_name) {
  return equal_ignoring_case(module_name, kNtdll);
}

std::optional<std::vector<WatchedPlace>> find_watched(const Process& process, const Module& module) {
  const std::vector<WatchedFunction> watched = watched_functions(module.name);
  std::vector<WatchedPlace> places;
  if (watched.empty()) {
    return places;
  }
  const auto headers = read_image_headers(process.memory, module.base);
  if (!headers) {
    return std::nullopt;
  }
  // A 32-bit process has two ntdlls; every system call goes through the 64-bit one.
  if (watched.front().module == kNtdll && headers->is_64_bit != (sizeof(void*) == 8)) {
    return places;
  }
  std::vector<std::string_view> names;
  std::ranges::transform(watched, std::back_inserter(names), &WatchedFunction::name);
  const auto found = find_exports(process.memory, module.base, *headers, names);
  for (std::size_t i = 0; i < watched.size(); ++i) {
    if (found[i]) {
      places.push_back({*found[i] - module.base, watched[i].purpose});
    }
  }
  return places.empty() ? std::nullopt : std::optional(std::move(places));
}

void watch_module(Process& process, const Module& module, const std::vector<WatchedPlace>& places) {
  std::vector<PlannedBreakpoint> planned;
  for (const WatchedPlace& place : places) {
    planned.push_back({module.base + place.offset, static_cast<std::uint32_t>(place.purpose)});
  }
  process.breakpoints.set_all(process.memory, planned, BreakpointOwner::kWatchedFunction, module.base);
}

WatchedFunctionReached reached_function(const Process& process, WatchPurpose purpose, Address at,
                                        const ThreadContext& context, bool wow64_code) {
  return {purpose, at, context.first_argument(), static_cast<std::uint32_t>(context.second_argument()),
          read_assertion(process.memory, purpose, context, wow64_code)};
}

bool leaves_debugger(const Process& process, const WatchedFunctionReached& reached) {
  return reached.purpose == WatchPurpose::kRemoveDebugger &&
         (reached.process_handle == kCurrentProcessHandle ||
          pid_behind(process.handle, reached.process_handle) == process.pid);
}

void note_exit_request(ProcessTree& tree, Process& process, const WatchedFunctionReached& reached) {
  const auto note = [](Process& target, ExitRequest request) {
    if (target.exit_request == ExitRequest::kNone) {
      target.exit_request = request;
    }
  };
  if (reached.process_handle == 0) {
    note(process, ExitRequest::kExitCall);
    return;
  }
  if (reached.process_handle == kCurrentProcessHandle) {
    note(process, ExitRequest::kOwnHand);
    return;
  }
  if (Process* target = tree.find(pid_behind(process.handle, reached.process_handle))) {
    note(*target, target == &process ? ExitRequest::kOwnHand : ExitRequest::kByTree);
  }
}

}  // namespace catcher
