// What the report of a crash costs, from the debug event to the finished JSON: crash_report_bench [RUNS]. Its two
// companions, crash_test.exe and big_program.exe, must lie beside it. Each line is the median of RUNS (7): "cold" is
// the first crash of a run (the symbol files are in the system's cache, but not read by catcher), "warm" a second one
// of the same program in the same run.

#include "report/json_report.h"

#include <catcher/run.h>

#include <windows.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Case {
  const char* name;
  const wchar_t* target;  // what crashes
  bool dump = false;
  catcher::DumpType type = catcher::DumpType::kNone;
};

constexpr Case kCases[] = {
    {"small program", L"crash_test.exe CRASH"},
    {"much debug information", L"big_program.exe"},
    {"5,000 frames", L"crash_test.exe NEST 5000 CRASH"},
    {"stack overflow", L"crash_test.exe STACK_OVERFLOW_SMALL_FRAMES"},
    {"300 threads", L"crash_test.exe WAITING_THREADS 300 CRASH"},
    {"small, small minidump", L"crash_test.exe CRASH", true, catcher::DumpType::kSmall},
    {"small, full minidump", L"crash_test.exe CRASH", true, catcher::DumpType::kFull},
};

// How long the loop stood at each event that had a crash for its result.
class Stopwatch {
 public:
  void on_event(std::string_view line) {
    const auto now = Clock::now();
    if (runs_) {
      crashes_.push_back(now - begin_);
    }
    begin_ = now;
    runs_ = line.find("second chance: crash") != std::string_view::npos ||
            line.find("EXCEPTION_STACK_OVERFLOW") != std::string_view::npos;
  }
  std::vector<Milliseconds> crashes() const { return crashes_; }

 private:
  Clock::time_point begin_;
  bool runs_ = false;
  std::vector<Milliseconds> crashes_;
};

struct Measured {
  std::vector<double> cold;
  std::vector<double> warm;
  std::vector<double> json;
  std::size_t json_bytes = 0;
  std::uintmax_t dump_bytes = 0;
};

std::filesystem::path own_directory() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return std::filesystem::path(path).parent_path();
}

void run_once(const Case& what, Measured& measured) {
  const std::filesystem::path dumps = own_directory() / "bench_dumps";
  catcher::Options options;
  options.command_line = L"crash_test.exe RUN \"" + std::wstring(what.target) + L"\" RUN \"" + what.target + L"\"";
  options.keep_going = true;
  if (what.dump) {
    options.evidence.dump_directory = dumps.string();
    options.evidence.dump_type = what.type;
  }
  Stopwatch stopwatch;
  catcher::RunObserver observer;
  observer.on_event = [&](std::string_view line) { stopwatch.on_event(line); };
  const catcher::RunReport report = catcher::run(options, catcher::StopSource(), observer);
  const auto crashes = stopwatch.crashes();
  if (report.crashes.size() != 2 || crashes.size() < 2) {
    std::printf("%s: %zu crashes instead of 2\n", what.name, report.crashes.size());
    std::exit(1);
  }
  catcher::RunReport one = report;
  one.crashes.pop_back();
  const auto before_json = Clock::now();
  const std::string json = catcher::to_json(one);
  measured.json.push_back(Milliseconds(Clock::now() - before_json).count());
  measured.cold.push_back(crashes.front().count());
  measured.warm.push_back(crashes[crashes.size() / 2].count());
  measured.json_bytes = json.size();
  if (what.dump) {
    measured.dump_bytes = std::filesystem::file_size(report.crashes.front().minidump);
    std::filesystem::remove_all(dumps);
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const int runs = argc > 1 ? static_cast<int>(std::wcstol(argv[1], nullptr, 10)) : 7;
  std::filesystem::current_path(own_directory());
  std::printf("%-24s %10s %10s %10s %12s %12s\n", "", "cold ms", "warm ms", "JSON ms", "JSON bytes", "dump bytes");
  for (const Case& what : kCases) {
    Measured measured;
    for (int i = 0; i < runs; ++i) {
      run_once(what, measured);
    }
    std::printf("%-24s %10.1f %10.1f %10.1f %12zu %12llu\n", what.name, median(measured.cold), median(measured.warm),
                median(measured.json), measured.json_bytes, static_cast<unsigned long long>(measured.dump_bytes));
    std::fflush(stdout);
  }
  return 0;
}
