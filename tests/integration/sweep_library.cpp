// The example of docs/fuzzing.md: a sweep out of a C++ program. Expects CORPUS and OUT as arguments and the target's
// command line as the third.

#include <catcher/sweep.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int wmain(int argc, wchar_t** argv) {
  if (argc != 4) {
    std::fputs("usage: sweep_library CORPUS OUT COMMAND\n", stderr);
    return 2;
  }
  const auto narrow = [](const wchar_t* text) {
    std::string result;
    for (; *text != L'\0'; ++text) {
      result += static_cast<char>(*text);
    }
    return result;
  };
  catcher::SweepOptions options;
  options.run.command_line = argv[3];
  options.run.timeout = std::chrono::seconds(60);
  options.corpus = narrow(argv[1]);
  options.out = narrow(argv[2]);
  const catcher::SweepReport report = catcher::sweep(options, catcher::StopSource());
  for (const catcher::SweepBucket& bucket : report.buckets) {
    std::printf("%s: %llu runs, %s\n", bucket.id.c_str(), static_cast<unsigned long long>(bucket.runs),
                bucket.evidence.summary.c_str());
  }
  return static_cast<int>(report.exit_code);
}
