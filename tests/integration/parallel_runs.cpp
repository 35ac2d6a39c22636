// Runs beside each other, each on a thread of its own with captured streams:
//
//   parallel_runs.exe THREADS RUNS
//
// Exit code 1 when a run has bytes that are not its own target's, or when the end of a stream was not seen: then
// another run's target has inherited the pipe.

#include <catcher/run.h>

#include "harness/programs.h"
#include "win32/utf.h"

#include <windows.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What is wrong with one run; empty when nothing is. Every other target outlives several of the other thread's.
std::string run_one(int thread, int run, const std::filesystem::path& directory) {
  const std::string name = std::to_string(thread) + "-" + std::to_string(run);
  catcher::Options options;
  options.command_line = harness::program(L"stream_writer.exe") + L" say " + catcher::to_utf16(name) + L" say_err " +
                         catcher::to_utf16(name) + (thread % 2 == 0 ? L" sleep 500" : L"");
  options.timeout = std::chrono::minutes(2);
  options.capture.pass_through = false;
  options.capture.log_directory = catcher::to_utf8((directory / name).wstring());
  const catcher::RunReport report = catcher::run(options);
  if (report.verdict != catcher::Verdict::kNormal || !report.captured) {
    return name + ": " + report.summary;
  }
  for (const catcher::CapturedStream& stream : {report.captured->out, report.captured->error}) {
    if (stream.tail != name + "\n" || !stream.problem.empty() ||
        content(catcher::to_utf16(stream.path)) != stream.tail) {
      return name + ": '" + stream.tail + "' " + stream.problem;
    }
  }
  return {};
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const int threads = argc == 3 ? _wtoi(argv[1]) : 0;
  const int runs = argc == 3 ? _wtoi(argv[2]) : 0;
  if (threads < 1 || runs < 1) {
    std::fputs("usage: parallel_runs THREADS RUNS\n", stderr);
    return 2;
  }
  const std::filesystem::path directory = harness::bin_directory() / "scratch" / "parallel_runs";
  std::filesystem::remove_all(directory);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> workers;
  for (int thread = 0; thread < threads; ++thread) {
    workers.emplace_back([&, thread] {
      for (int run = 0; run < runs; ++run) {
        if (const std::string problem = run_one(thread, run, directory); !problem.empty()) {
          std::printf("%s\n", problem.c_str());
          ++wrong;
        }
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  return wrong == 0 ? 0 : 1;
}
