// One sweep of many runs, each of which crashes:
//
//   sweep_soak.exe RUNS
//
// Counts the handles of its own process about once a second while the sweep goes on: exit code 1 when there are ever
// more than at the first time, by when some runs have warmed it up.

#include <catcher/sweep.h>

#include "harness/handle_count.h"
#include "harness/programs.h"
#include "win32/utf.h"

#include <windows.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace {

// What two runs hold at one moment and not at another, and what is made once, late, is no leak.
constexpr int kLeeway = 20;

bool sweep_and_count(const catcher::SweepOptions& options) {
  int first = 0;
  int most = 0;
  catcher::SweepObserver observer;
  observer.on_progress = [&](const catcher::SweepProgress& progress) {
    const int handles = harness::count_handles(GetCurrentProcess());
    std::printf("%llu runs: %d handles\n", static_cast<unsigned long long>(progress.done), handles);
    std::fflush(stdout);
    if (progress.done > 2) {
      first = first == 0 ? handles : first;
      most = std::max(most, handles);
    }
  };
  const catcher::SweepReport report = catcher::sweep(options, catcher::StopSource(), observer);
  const bool is_whole = report.complete && report.runs == options.repeat && report.buckets.size() == 1;
  if (!is_whole) {
    std::puts("the sweep was not what it must be");
  }
  return is_whole && first > 0 && most <= first + kLeeway;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc != 2) {
    std::fputs("usage: sweep_soak RUNS\n", stderr);
    return 2;
  }
  const std::filesystem::path out = harness::bin_directory().parent_path() / "scratch" / "sweep_soak";
  std::filesystem::remove_all(out);
  catcher::SweepOptions options;
  options.run.command_line = harness::program(L"crash_test.exe") + L" crash";
  options.run.timeout = std::chrono::seconds(60);
  options.out = catcher::to_utf8(out.wstring());
  options.repeat = static_cast<std::uint32_t>(std::wcstoul(argv[1], nullptr, 10));
  options.workers = 2;
  return sweep_and_count(options) ? 0 : 1;
}
