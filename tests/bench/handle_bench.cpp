// What the handle probe costs, against the barest loop that could be: a breakpoint on NtClose, one register copied, on
// it goes. The debuggee measures its own loop, so that no start is in it; each measurement of catcher stands between
// two of the bare loop, and what counts is the median of the ratios: then a busy machine does not matter much.
//     handle_bench [ROUNDS [PAIRS]]
//     handle_bench long          20,000 pairs with and without the probe
// On Wine, pin everything to one processor (docs/handles.md).

#include <catcher/run.h>

#include <windows.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <functional>
#include <string>
#include <vector>

namespace {

using catcher::HandleProbe;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// What is measured: `pairs` events opened and closed, some calls deep; `uses` more system calls on each meanwhile. The
// program ends with the microseconds that it took.
[[gnu::noinline]] unsigned open_and_close(int pairs, int uses, int depth) {
  if (depth > 0) {
    const unsigned result = open_and_close(pairs, uses, depth - 1);
    return result + (result == 0 ? 1 : 0);
  }
  const auto begin = Clock::now();
  for (int i = 0; i < pairs; ++i) {
    const HANDLE event = CreateEventW(nullptr, TRUE, TRUE, nullptr);
    for (int use = 0; use < uses; ++use) {
      WaitForSingleObject(event, 0);
    }
    CloseHandle(event);
  }
  return static_cast<unsigned>(milliseconds_since(begin) * 1000);
}

struct Loop {
  int pairs = 1;
  int uses = 0;
};

std::wstring loop_command(const Loop& loop) {
  std::array<wchar_t, MAX_PATH> program{};
  GetModuleFileNameW(nullptr, program.data(), MAX_PATH);
  return L"\"" + std::wstring(program.data()) + L"\" loop " + std::to_wstring(loop.pairs) + L" " +
         std::to_wstring(loop.uses);
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

// Each gives the microseconds of the loop.
using Run = std::function<double(const Loop&)>;

double run_alone(const Loop& loop) {
  const PROCESS_INFORMATION process = start(loop_command(loop), 0);
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD took = 0;
  GetExitCodeProcess(process.hProcess, &took);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return took;
}

// A breakpoint on NtClose and nothing else.
double run_bare(const Loop& loop) {
  const PROCESS_INFORMATION process = start(loop_command(loop), DEBUG_ONLY_THIS_PROCESS);
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  auto* const close = reinterpret_cast<void*>(GetProcAddress(ntdll, "NtClose"));
  DWORD took = 0;
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
      CONTEXT context{};
      context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
      GetThreadContext(process.hThread, &context);
      context.R10 = context.Rcx;
      context.Rip = reinterpret_cast<DWORD64>(close) + 3;
      SetThreadContext(process.hThread, &context);
    } else if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
      took = event.u.ExitProcess.dwExitCode;
      ended = true;
    }
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return took;
}

Run caught(HandleProbe probe) {
  return [probe](const Loop& loop) {
    catcher::Options options;
    options.command_line = loop_command(loop);
    options.handles.probe = probe;
    options.handles.rate = 0;
    const catcher::RunReport report = catcher::run(options);
    return static_cast<double>(report.processes.at(0).exit_status.value_or(0));
  };
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

struct Row {
  const char* what;
  HandleProbe probe;
  int uses;
  int hits_a_pair;
};

void measure_hits(int rounds, int pairs) {
  constexpr std::array rows{
      Row{"--handles=close", HandleProbe::kClose, 0, 1}, Row{"--handles", HandleProbe::kFull, 0, 3},
      Row{"--handles=uses", HandleProbe::kUses, 0, 3},
      Row{"--handles=uses, 9 uses a pair", HandleProbe::kUses, 9, 12},  // three of four hits look at no stack
  };
  std::vector<double> bare_hits;
  for (const Row& row : rows) {
    std::vector<double> hits;
    std::vector<double> ratios;
    double before = run_bare({pairs, 0}) / pairs;
    for (int round = 0; round < rounds; ++round) {
      const double hit = caught(row.probe)({pairs, row.uses}) / pairs / row.hits_a_pair;
      const double after = run_bare({pairs, 0}) / pairs;
      hits.push_back(hit);
      ratios.push_back(hit * 2 / (before + after));
      bare_hits.push_back(after);
      before = after;
    }
    std::printf("%-32s a hit %7.1f us, %4.2f times a bare one (%4.2f to %4.2f)\n", row.what, median(hits),
                median(ratios), *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()));
    std::fflush(stdout);
  }
  std::printf("%-32s a hit %7.1f us\n", "bare loop on NtClose", median(bare_hits));
}

// From the start of the program to its end, with next to nothing done in it.
void measure_start_up(int rounds) {
  const std::array<std::pair<const char*, Run>, 5> runs{{{"alone", run_alone},
                                                         {"without the probe", caught(HandleProbe::kOff)},
                                                         {"--handles=close", caught(HandleProbe::kClose)},
                                                         {"--handles", caught(HandleProbe::kFull)},
                                                         {"--handles=uses", caught(HandleProbe::kUses)}}};
  std::array<std::vector<double>, runs.size()> times;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto begin = Clock::now();
      runs.at(i).second({1, 0});
      times.at(i).push_back(milliseconds_since(begin));
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::printf("start and end, %-18s %7.1f ms\n", runs.at(i).first, median(times.at(i)));
  }
}

void measure_long() {
  constexpr Loop loop{20'000, 0};
  std::printf("20,000 pairs alone %.0f ms", run_alone(loop) / 1000);
  std::printf(", without the probe %.0f ms", caught(HandleProbe::kOff)(loop) / 1000);
  std::printf(", --handles=close %.0f ms", caught(HandleProbe::kClose)(loop) / 1000);
  std::printf(", --handles %.0f ms\n", caught(HandleProbe::kFull)(loop) / 1000);
}

int number_of(const wchar_t* word) {
  return static_cast<int>(std::wcstol(word, nullptr, 10));
}

}  // namespace

int wmain(int count, wchar_t** words) {
  constexpr int kDepth = 6;
  const std::wstring what = count > 1 ? words[1] : L"";
  if (what == L"loop" && count > 3) {
    return static_cast<int>(open_and_close(number_of(words[2]), number_of(words[3]), kDepth));
  }
  if (what == L"long") {
    measure_long();
    return 0;
  }
  const int rounds = count > 1 ? number_of(words[1]) : 9;
  measure_hits(rounds, count > 2 ? number_of(words[2]) : 300);
  measure_start_up(rounds);
  return 0;
}
