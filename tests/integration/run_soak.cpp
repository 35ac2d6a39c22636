// Many runs through the library in one process, of every kind in turn:
//
//   run_soak.exe RUNS
//
// Says what catcher's process holds after a tenth of the runs, which have warmed it up, and after all of them; exit
// code 1 when handles, threads or memory have grown, or when a run did not end as it must.

#include <catcher/run.h>

#include "harness/programs.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

struct Holdings {
  int handles = 0;
  int threads = 0;
  std::size_t memory_kb = 0;
};

// By trying each number: the system's own count is not to be had everywhere.
int count_handles() {
  constexpr std::uintptr_t kHighest = 1u << 18;
  int count = 0;
  DWORD flags = 0;
  for (std::uintptr_t number = 4; number < kHighest; number += 4) {
    count += GetHandleInformation(reinterpret_cast<HANDLE>(number), &flags) != 0 ? 1 : 0;
  }
  return count;
}

int count_threads() {
  const catcher::UniqueFile snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0));
  int count = 0;
  THREADENTRY32 entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Thread32First(snapshot.get(), &entry); more != 0; more = Thread32Next(snapshot.get(), &entry)) {
    count += entry.th32OwnerProcessID == GetCurrentProcessId() ? 1 : 0;
  }
  return count;
}

Holdings holdings() {
  PROCESS_MEMORY_COUNTERS counters{};
  K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters);
  return {count_handles(), count_threads(), counters.PagefileUsage >> 10};
}

struct Kind {
  const wchar_t* words;
  catcher::Verdict verdict;
  bool captured = false;
  bool short_time = false;
};

constexpr std::array kKinds{
    Kind{L"exit 0", catcher::Verdict::kNormal},
    Kind{L"crash", catcher::Verdict::kCrashed},
    Kind{L"spawn exit 3", catcher::Verdict::kNormal},
    Kind{L"print hello debug_print hello", catcher::Verdict::kNormal, true},
    Kind{L"handled exit 0", catcher::Verdict::kNormal},
    Kind{L"spawn abort", catcher::Verdict::kCrashed},
    Kind{L"exit 0", catcher::Verdict::kNormal},
    Kind{L"hang", catcher::Verdict::kTimeout, false, true},
};

bool run_one(const Kind& kind) {
  catcher::Options options;
  options.command_line = harness::program(L"crash_test.exe") + L" " + kind.words;
  options.capture.pass_through = !kind.captured;
  options.timeout = kind.short_time ? std::chrono::milliseconds(100) : std::chrono::milliseconds(60'000);
  const catcher::RunReport report = catcher::run(options);
  if (report.verdict != kind.verdict) {
    std::printf("'%ls' ended otherwise than it must: %s\n", kind.words, report.summary.c_str());
  }
  return report.verdict == kind.verdict;
}

void show(const char* when, const Holdings& held) {
  std::printf("%s: %d handles, %d threads, %zu KB committed\n", when, held.handles, held.threads, held.memory_kb);
  std::fflush(stdout);
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const int runs = argc == 2 ? _wtoi(argv[1]) : 0;
  if (runs < 10) {
    std::fputs("usage: run_soak RUNS, at least 10\n", stderr);
    return 2;
  }
  bool right = true;
  Holdings warm;
  for (int i = 0; i < runs; ++i) {
    if (i == runs / 10) {
      warm = holdings();
      show("after a tenth", warm);
    }
    right = run_one(kKinds[static_cast<std::size_t>(i) % kKinds.size()]) && right;
  }
  const Holdings end = holdings();
  show("after all", end);
  // What is made once, late, is no leak; a leak grows with the runs.
  constexpr int kOnceHandles = 8;
  constexpr std::size_t kOnceMemoryKb = 4096;
  const bool flat = end.handles <= warm.handles + kOnceHandles && end.threads <= warm.threads &&
                    end.memory_kb <= warm.memory_kb + kOnceMemoryKb;
  if (!flat) {
    std::puts("something has grown");
  }
  return right && flat ? 0 : 1;
}
