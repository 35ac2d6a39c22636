// What --memory=trace costs: for each allocation, against the barest loop that could be (a breakpoint on
// NtAllocateVirtualMemory and on its end, emulated, on it goes), and against no probe; and how much of it is the stack,
// shallow and deep. Pairs alternate, so that what else the machine does hits both.
//     allocation_bench [ALLOCATIONS] [ROUNDS]
// On Wine, pin everything to one processor for steady numbers: taskset -c 1.

#include <catcher/run.h>

#include <windows.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// What is measured: blocks allocated and freed, some calls deep.
[[gnu::noinline]] int allocate_and_free(int count, int depth) {
  if (depth > 0) {
    const int result = allocate_and_free(count, depth - 1);
    return result + (result < 0 ? 1 : 0);
  }
  int failed = 0;
  for (int i = 0; i < count; ++i) {
    void* const block = VirtualAlloc(nullptr, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    failed += block != nullptr && VirtualFree(block, 0, MEM_RELEASE) != FALSE ? 0 : 1;
  }
  return failed;
}

std::wstring loop_command(int count, int depth) {
  wchar_t program[MAX_PATH] = L"";
  GetModuleFileNameW(nullptr, program, MAX_PATH);
  return L"\"" + std::wstring(program) + L"\" loop " + std::to_wstring(count) + L" " + std::to_wstring(depth);
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

// The places of one system call stub of our own ntdll, which every process has at the same address.
struct Stub {
  std::uintptr_t entry = 0;
  std::array<std::uintptr_t, 3> ends{};

  explicit Stub(const char* name)
      : entry(reinterpret_cast<std::uintptr_t>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name))) {
    const auto* const code = reinterpret_cast<const unsigned char*>(entry);
    std::size_t found = 0;
    for (std::size_t at = 0; at < 0x20 && found < ends.size(); ++at) {
      if (code[at] == 0xC3) {
        ends[found++] = entry + at;
      }
    }
  }

  bool ends_at(std::uintptr_t address) const { return std::find(ends.begin(), ends.end(), address) != ends.end(); }
};

void set_breakpoint(HANDLE process, std::uintptr_t at) {
  const unsigned char int3 = 0xCC;
  if (at != 0) {
    WriteProcessMemory(process, reinterpret_cast<void*>(at), &int3, 1, nullptr);
  }
}

// Nothing but the breakpoints: entry and end of the allocation, entry of the free.
void run_bare(int count, int depth) {
  const PROCESS_INFORMATION process = start(loop_command(count, depth), DEBUG_ONLY_THIS_PROCESS);
  const Stub allocate("NtAllocateVirtualMemory");
  const Stub release("NtFreeVirtualMemory");
  for (bool ended = false; !ended;) {
    DEBUG_EVENT event{};
    if (WaitForDebugEvent(&event, INFINITE) == 0) {
      std::exit(1);
    }
    if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
      if (event.u.LoadDll.lpBaseOfDll == GetModuleHandleW(L"ntdll.dll")) {
        set_breakpoint(process.hProcess, allocate.entry);
        set_breakpoint(process.hProcess, release.entry);
        for (const std::uintptr_t end : allocate.ends) {
          set_breakpoint(process.hProcess, end);
        }
      }
      CloseHandle(event.u.LoadDll.hFile);
    } else if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT) {
      const auto at = reinterpret_cast<std::uintptr_t>(event.u.Exception.ExceptionRecord.ExceptionAddress);
      CONTEXT context{};
      context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
      if (at == allocate.entry || at == release.entry) {
        GetThreadContext(process.hThread, &context);
        context.R10 = context.Rcx;
        context.Rip = at + 3;
        SetThreadContext(process.hThread, &context);
      } else if (allocate.ends_at(at)) {
        GetThreadContext(process.hThread, &context);
        ReadProcessMemory(process.hProcess, reinterpret_cast<void*>(context.Rsp), &context.Rip, sizeof context.Rip,
                          nullptr);
        context.Rsp += sizeof context.Rip;
        SetThreadContext(process.hThread, &context);
      }
    }
    ended = event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT;
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

void run_caught(int count, int depth, catcher::MemoryProbe probe) {
  catcher::Options options;
  options.command_line = loop_command(count, depth);
  options.memory.probe = probe;
  options.memory.rate = 0;
  options.memory.interval = std::chrono::hours(1);  // samples of the committed memory are another matter
  catcher::run(options);
}

// Microseconds for one block allocated and freed: the start of the process is taken out.
template <typename Run>
double cost(int count, Run run) {
  const auto begin = Clock::now();
  run(1);
  const auto middle = Clock::now();
  run(count);
  const auto end = Clock::now();
  return std::chrono::duration<double, std::micro>((end - middle) - (middle - begin)).count() / count;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.at(values.size() / 2);
}

void show_spread(const char* what, const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  std::printf("%-14s %8.1f us, %.1f to %.1f\n", what, median(values), *least, *most);
}

}  // namespace

int wmain(int argument_count, wchar_t** words) {
  const auto number = [&](int index, int fallback) {
    return argument_count > index ? static_cast<int>(std::wcstol(words[index], nullptr, 10)) : fallback;
  };
  if (argument_count > 3 && std::wstring(words[1]) == L"loop") {
    return allocate_and_free(number(2, 1), number(3, 0));
  }
  const int count = number(1, 2'000);
  const int rounds = number(2, 5);
  constexpr int kShallow = 2;
  constexpr int kDeep = 40;
  std::vector<double> none;
  std::vector<double> bare;
  std::vector<double> traced;
  std::vector<double> deep;
  for (int round = 0; round < rounds; ++round) {
    none.push_back(cost(count, [](int n) { run_caught(n, kShallow, catcher::MemoryProbe::kOff); }));
    bare.push_back(cost(count, [](int n) { run_bare(n, kShallow); }));
    traced.push_back(cost(count, [](int n) { run_caught(n, kShallow, catcher::MemoryProbe::kTrace); }));
    deep.push_back(cost(count, [](int n) { run_caught(n, kDeep, catcher::MemoryProbe::kTrace); }));
    std::printf("round %d: no probe %.1f us, bare breakpoints %.1f us, trace %.1f us, %d frames deeper %.1f us\n",
                round + 1, none.back(), bare.back(), traced.back(), kDeep - kShallow, deep.back());
    std::fflush(stdout);
  }
  std::puts("an allocation and its free, median and spread");
  show_spread("no probe", none);
  show_spread("bare", bare);
  show_spread("trace", traced);
  show_spread("trace, deep", deep);
  std::printf("trace is %.2f x bare; a frame more costs %.2f us\n", median(traced) / median(bare),
              (median(deep) - median(traced)) / (kDeep - kShallow));
  return 0;
}
