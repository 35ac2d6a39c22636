// Writes a minidump of its own access violation: `crash_and_dump DIRECTORY small|full` writes
// DIRECTORY/crash_and_dump_<type>.dmp, whose faulting thread must show write_through_null < middle_function <
// outer_function when an independent debugger reads it.
#include <windows.h>
// After windows.h, whose types it uses.
#include <psapi.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "debugger/process_memory.h"
#include "evidence/memory_map.h"
#include "evidence/minidump_file.h"
#include "evidence/thread_stack.h"
#include "win32/utf.h"

namespace {

using namespace std::chrono;
using catcher::Address;

std::string directory;
catcher::MinidumpType type = catcher::MinidumpType::kSmall;

std::vector<catcher::Module> own_modules() {
  std::array<HMODULE, 256> handles{};
  DWORD needed = 0;
  K32EnumProcessModules(GetCurrentProcess(), handles.data(), sizeof handles, &needed);
  std::vector<catcher::Module> modules;
  for (std::size_t i = 0; i < needed / sizeof(HMODULE) && i < handles.size(); ++i) {
    MODULEINFO info{};
    K32GetModuleInformation(GetCurrentProcess(), handles[i], &info, sizeof info);
    std::array<wchar_t, 1024> path{};
    const DWORD length = GetModuleFileNameW(handles[i], path.data(), static_cast<DWORD>(path.size()));
    catcher::Module module;
    module.base = {std::bit_cast<std::uint64_t>(info.lpBaseOfDll)};
    module.size = info.SizeOfImage;
    module.path = catcher::to_utf8({path.data(), length});
    modules.push_back(module);
  }
  return modules;
}

[[noreturn]] void dump(const EXCEPTION_POINTERS& pointers) {
  const EXCEPTION_RECORD& record = *pointers.ExceptionRecord;
  const auto* context = std::bit_cast<const std::byte*>(pointers.ContextRecord);
  const auto registers = catcher::registers_from_context({context, sizeof(CONTEXT)}, true);
  const auto teb = catcher::teb_of_thread(GetCurrentThread());
  const std::vector<catcher::DumpedThread> threads{{GetCurrentThreadId(), "the faulting thread", teb, registers}};
  const catcher::ProcessMemory memory(GetCurrentProcess());
  const catcher::ProcessMemoryMap map(GetCurrentProcess());
  const auto modules = own_modules();
  catcher::ExceptionInfo exception;
  exception.code = record.ExceptionCode;
  exception.address = {std::bit_cast<std::uint64_t>(record.ExceptionAddress)};
  exception.parameters.assign(record.ExceptionInformation, record.ExceptionInformation + record.NumberParameters);
  exception.target = Address{exception.parameters.at(1)};
  const auto begin = steady_clock::now();
  const auto written = catcher::write_minidump(
      directory, type == catcher::MinidumpType::kFull ? "crash_and_dump_full.dmp" : "crash_and_dump_small.dmp",
      {GetCurrentProcess(), GetCurrentProcessId(), true, memory, modules, threads, GetCurrentThreadId(), exception,
       "own dump"},
      type, map);
  const auto took = duration_cast<microseconds>(steady_clock::now() - begin).count();
  std::printf("%s%s: %llu bytes in %lld us\n", written.path.c_str(), written.error.c_str(),
              static_cast<unsigned long long>(written.size), static_cast<long long>(took));
  std::fflush(stdout);
  ExitProcess(written.error.empty() ? 0 : 1);
}

LONG CALLBACK on_exception(EXCEPTION_POINTERS* pointers) {
  if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) {
    dump(*pointers);
  }
  return EXCEPTION_CONTINUE_SEARCH;
}

}  // namespace

// Not in an unnamed namespace and not inlined: their names are what the reader is asked for.
extern "C" {
[[gnu::noinline]] int write_through_null(volatile int* target) {
  *target = 0x1234;
  return *target;
}
[[gnu::noinline]] int middle_function(volatile int* target) {
  return write_through_null(target) + 1;
}
[[gnu::noinline]] int outer_function(volatile int* target) {
  return middle_function(target) + 1;
}
}

int wmain(int argc, wchar_t** argv) {
  if (argc != 3) {
    return 2;
  }
  directory = catcher::to_utf8(argv[1]);
  type = std::wstring(argv[2]) == L"full" ? catcher::MinidumpType::kFull : catcher::MinidumpType::kSmall;
  AddVectoredExceptionHandler(1, on_exception);
  volatile int* volatile null = nullptr;
  return outer_function(null);
}
