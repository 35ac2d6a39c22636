// What a memory snapshot costs, against the number of regions: each round allocates more of them in a child process and
// asks what it took to look at it.
//     memory_bench
// On Wine, pin everything to one processor for steady numbers (docs/handles.md).

#include <catcher/run.h>

#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>

namespace {

// Each allocation is a region of its own, with a reserved one behind it.
int allocate(int count) {
  for (int i = 0; i < count; ++i) {
    void* const block = VirtualAlloc(nullptr, 0x20000, MEM_RESERVE, PAGE_READWRITE);
    if (block == nullptr || VirtualAlloc(block, 0x10000, MEM_COMMIT, PAGE_READWRITE) == nullptr) {
      return 1;
    }
  }
  return 0;
}

void measure(int count) {
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  catcher::Options options;
  options.command_line = L"\"" + std::wstring(program) + L"\" allocate " + std::to_wstring(count);
  options.memory.probe = catcher::MemoryProbe::kSummary;
  const catcher::RunReport report = catcher::run(options);
  if (!report.memory || report.memory->processes.empty() || !report.memory->processes.front().snapshot) {
    std::puts("no snapshot");
    return;
  }
  const catcher::MemorySnapshot& snapshot = *report.memory->processes.front().snapshot;
  std::printf("%8llu regions: %8.1f ms, %5.1f us a region\n", static_cast<unsigned long long>(snapshot.space.regions),
              static_cast<double>(snapshot.cost.count()) / 1000.0,
              static_cast<double>(snapshot.cost.count()) / static_cast<double>(snapshot.space.regions));
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count == 3 && std::wcscmp(words[1], L"allocate") == 0) {
    return allocate(static_cast<int>(std::wcstol(words[2], nullptr, 10)));
  }
  for (const int regions : {0, 500, 1000, 5000, 20000}) {
    measure(regions);
  }
  return 0;
}
