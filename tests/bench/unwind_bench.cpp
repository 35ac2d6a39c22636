// What a frame costs: unwind_bench [DEPTH]. Unwinds this thread's own stack from DEPTH (5000) nested calls, the process
// being read as a debuggee is: cold (no image known) and warm (images known, as for the second thread of a report).
// Prints one line each.

#include <windows.h>

#include "debugger/process_memory.h"
#include "evidence/unwind.h"
#include "win32/unique_handle.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// The module of this process with that name; null: the program itself.
catcher::Module own_module(const wchar_t* name) {
  const HMODULE handle = GetModuleHandleW(name);
  const auto* dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(handle);
  const auto* headers =
      reinterpret_cast<const IMAGE_NT_HEADERS*>(reinterpret_cast<const std::byte*>(handle) + dos->e_lfanew);
  catcher::Module module;
  module.base = {reinterpret_cast<std::uintptr_t>(handle)};
  module.size = headers->OptionalHeader.SizeOfImage;
  module.timestamp = headers->FileHeader.TimeDateStamp;
  module.name = "unwind_bench.exe";
  return module;
}

struct Run {
  std::size_t frames = 0;
  double cold_ms = 0;
  double warm_ms = 0;
};

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Run measure() {
  // A real handle, not the pseudo handle: reads then take the way they take to another process.
  const catcher::UniqueHandle process(OpenProcess(PROCESS_VM_READ, FALSE, GetCurrentProcessId()));
  const catcher::ProcessMemory memory(process.get());
  CONTEXT context{};
  RtlCaptureContext(&context);
  catcher::RegisterContext registers{
      {context.Rax, context.Rcx, context.Rdx, context.Rbx, context.Rsp, context.Rbp, context.Rsi, context.Rdi,
       context.R8, context.R9, context.R10, context.R11, context.R12, context.R13, context.R14, context.R15},
      context.Rip};
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  GetCurrentThreadStackLimits(&low, &high);
  const std::vector<catcher::Module> modules{own_module(nullptr), own_module(L"ntdll.dll"),
                                             own_module(L"kernel32.dll")};
  catcher::ImageCache cache(memory);
  Run run;
  auto start = Clock::now();
  run.frames = catcher::Unwinder(cache, modules).walk(registers, {{low}, {high}}).frames.size();
  run.cold_ms = milliseconds_since(start);
  start = Clock::now();
  catcher::Unwinder(cache, modules).walk(registers, {{low}, {high}});
  run.warm_ms = milliseconds_since(start);
  return run;
}

// The volatile number keeps the compiler from making a loop of it.
Run nest(unsigned depth) {
  volatile unsigned here = depth;
  if (here == 0) {
    return measure();
  }
  Run run = nest(depth - 1);
  here = here + 1;
  return run;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const auto depth = static_cast<unsigned>(argc > 1 ? std::wcstoul(argv[1], nullptr, 10) : 5000UL);
  std::vector<Run> runs;
  for (int i = 0; i < 11; ++i) {
    runs.push_back(nest(depth));
  }
  const auto median = [&runs](double Run::* what) {
    std::nth_element(runs.begin(), runs.begin() + 5, runs.end(),
                     [what](const Run& a, const Run& b) { return a.*what < b.*what; });
    return runs[5].*what;
  };
  const auto frames = static_cast<double>(runs.front().frames);
  const double cold = median(&Run::cold_ms);
  const double warm = median(&Run::warm_ms);
  std::printf("%zu frames, cold: %.2f ms, %.2f us a frame\n", runs.front().frames, cold, cold * 1000 / frames);
  std::printf("%zu frames, warm: %.2f ms, %.2f us a frame\n", runs.front().frames, warm, warm * 1000 / frames);
  return 0;
}
