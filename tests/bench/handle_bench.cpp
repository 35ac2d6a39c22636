// What the handle probe costs: for each hit, against the barest loop that could be (a breakpoint on NtClose, one
// register copied, on it goes), for a program that opens and closes in a loop, and for the start of a program.
//     handle_bench [PAIRS]
// On Wine, pin everything to one processor for steady numbers (docs/handles.md).

#include <catcher/run.h>

#include <windows.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <functional>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// What is measured: `pairs` events opened and closed, some calls deep.
[[gnu::noinline]] int open_and_close(int pairs, int depth) {
  if (depth > 0) {
    const int result = open_and_close(pairs, depth - 1);
    return result + (result < 0 ? 1 : 0);
  }
  int failed = 0;
  for (int i = 0; i < pairs; ++i) {
    failed += CloseHandle(CreateEventW(nullptr, TRUE, FALSE, nullptr)) != FALSE ? 0 : 1;
  }
  return failed;
}

std::wstring loop_command(int pairs) {
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  return L"\"" + std::wstring(program) + L"\" loop " + std::to_wstring(pairs);
}

PROCESS_INFORMATION start(std::wstring command_line, DWORD flags) {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, FALSE, flags, nullptr, nullptr, &startup,
                     &process) == 0) {
    std::exit(1);
  }
  return process;
}

void run_alone(int pairs) {
  const PROCESS_INFORMATION process = start(loop_command(pairs), 0);
  WaitForSingleObject(process.hProcess, INFINITE);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

// A breakpoint on NtClose and nothing else: how many hits there were.
unsigned run_bare(int pairs) {
  const PROCESS_INFORMATION process = start(loop_command(pairs), DEBUG_ONLY_THIS_PROCESS);
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  auto* const close = reinterpret_cast<void*>(GetProcAddress(ntdll, "NtClose"));
  unsigned hits = 0;
  for (bool ended = false; !ended;) {
    DEBUG_EVENT event{};
    if (WaitForDebugEvent(&event, INFINITE) == 0) {
      std::exit(1);
    }
    if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
      if (event.u.LoadDll.lpBaseOfDll == ntdll) {
        const unsigned char int3 = 0xCC;
        WriteProcessMemory(process.hProcess, close, &int3, 1, nullptr);
      }
      CloseHandle(event.u.LoadDll.hFile);
    } else if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT &&
               event.u.Exception.ExceptionRecord.ExceptionAddress == close) {
      ++hits;
      CONTEXT context{};
      context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
      GetThreadContext(process.hThread, &context);
      context.R10 = context.Rcx;
      context.Rip = reinterpret_cast<DWORD64>(close) + 3;
      SetThreadContext(process.hThread, &context);
    }
    ended = event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT;
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return hits;
}

std::uint64_t run_caught(int pairs, catcher::HandleProbe probe) {
  catcher::Options options;
  options.command_line = loop_command(pairs);
  options.handles.probe = probe;
  options.handles.rate = 0;
  const catcher::RunReport report = catcher::run(options);
  return report.handles ? report.handles->processes.at(0).hits : 0;
}

void measure(const char* what, int pairs, const std::function<std::uint64_t(int)>& run) {
  const auto begin = Clock::now();
  const std::uint64_t few = run(1);
  const double start_up = milliseconds_since(begin);
  const auto loop = Clock::now();
  const std::uint64_t many = run(pairs);
  const double total = milliseconds_since(loop);
  const double per_hit = many > few ? (total - start_up) * 1000 / static_cast<double>(many - few) : 0;
  std::printf("%-28s start %7.1f ms (%4llu hits)   %d pairs %9.1f ms   a hit %6.1f us\n", what, start_up,
              static_cast<unsigned long long>(few), pairs, total, per_hit);
  std::fflush(stdout);
}

}  // namespace

int wmain(int count, wchar_t** words) {
  constexpr int kDepth = 6;
  if (count > 2 && std::wstring(words[1]) == L"loop") {
    return open_and_close(static_cast<int>(std::wcstol(words[2], nullptr, 10)), kDepth);
  }
  const int pairs = count > 1 ? static_cast<int>(std::wcstol(words[1], nullptr, 10)) : 20'000;
  using catcher::HandleProbe;
  measure("alone", pairs, [](int n) {
    run_alone(n);
    return 0;
  });
  measure("catcher without the probe", pairs, [](int n) { return run_caught(n, HandleProbe::kOff); });
  measure("bare loop on NtClose", pairs, [](int n) { return run_bare(n); });
  measure("--handles=close", pairs, [](int n) { return run_caught(n, HandleProbe::kClose); });
  measure("--handles", pairs, [](int n) { return run_caught(n, HandleProbe::kFull); });
  measure("--handles=uses", pairs, [](int n) { return run_caught(n, HandleProbe::kUses); });
  return 0;
}
