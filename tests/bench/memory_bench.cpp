// What a memory snapshot costs, against the number of regions, and beside it the least that it could: the calls of
// VirtualQueryEx alone. Each row allocates more regions in a child process that is looked at.
//     memory_bench
// By turns; medians and spread of five. On Wine, pin everything to one processor for steady numbers (docs/handles.md).

#include <catcher/run.h>

#include <windows.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <vector>

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

std::wstring child_command(int count) {
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  return L"\"" + std::wstring(program) + L"\" allocate " + std::to_wstring(count);
}

// Milliseconds that it takes to ask for every region of such a child, which waits.
double bare_walk(int count) {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  const HANDLE ready = CreateEventW(&inherited, TRUE, FALSE, nullptr);
  std::wstring command = child_command(count) + L" " + std::to_wstring(reinterpret_cast<std::uintptr_t>(ready));
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child{};
  if (CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &child) == 0) {
    std::exit(1);
  }
  WaitForSingleObject(ready, INFINITE);
  const auto begin = std::chrono::steady_clock::now();
  MEMORY_BASIC_INFORMATION info{};
  for (const char* at = nullptr; VirtualQueryEx(child.hProcess, at, &info, sizeof info) != 0;) {
    at = static_cast<const char*>(info.BaseAddress) + info.RegionSize;
  }
  const auto end = std::chrono::steady_clock::now();
  TerminateProcess(child.hProcess, 0);
  WaitForSingleObject(child.hProcess, INFINITE);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
  CloseHandle(ready);
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

catcher::RunReport look_at(int count) {
  catcher::Options options;
  options.command_line = child_command(count);
  options.memory.probe = catcher::MemoryProbe::kSummary;
  return catcher::run(options);
}

struct Row {
  int allocations = 0;
  std::uint64_t regions = 0;
  std::vector<double> milliseconds;
  std::vector<double> bare;
};

void measure(Row& row) {
  const catcher::RunReport report = look_at(row.allocations);
  if (!report.memory || report.memory->processes.empty() || !report.memory->processes.front().snapshot) {
    std::puts("no snapshot");
    return;
  }
  const catcher::MemorySnapshot& snapshot = *report.memory->processes.front().snapshot;
  row.regions = snapshot.space.regions;
  row.milliseconds.push_back(static_cast<double>(snapshot.cost.count()) / 1000.0);
  row.bare.push_back(bare_walk(row.allocations));
}

void show(Row& row) {
  if (row.milliseconds.empty()) {
    return;
  }
  std::sort(row.milliseconds.begin(), row.milliseconds.end());
  std::sort(row.bare.begin(), row.bare.end());
  const double median = row.milliseconds[row.milliseconds.size() / 2];
  const double bare = row.bare[row.bare.size() / 2];
  std::printf("%8llu regions: %8.1f ms (%.1f to %.1f); VirtualQueryEx alone %8.1f ms (%.1f to %.1f): %.2f x\n",
              static_cast<unsigned long long>(row.regions), median, row.milliseconds.front(), row.milliseconds.back(),
              bare, row.bare.front(), row.bare.back(), median / bare);
}

}  // namespace

int wmain(int count, wchar_t** words) {
  if (count >= 3 && std::wcscmp(words[1], L"allocate") == 0) {
    const int failed = allocate(static_cast<int>(std::wcstol(words[2], nullptr, 10)));
    if (count == 4) {
      SetEvent(reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(std::wcstoull(words[3], nullptr, 10))));
      Sleep(INFINITE);
    }
    return failed;
  }
  std::vector<Row> rows{{0, 0, {}, {}}, {500, 0, {}, {}}, {1000, 0, {}, {}}, {5000, 0, {}, {}}, {20000, 0, {}, {}}};
  for (int round = 0; round < 5; ++round) {
    for (Row& row : rows) {
      measure(row);
    }
  }
  for (Row& row : rows) {
    show(row);
  }
  return 0;
}
