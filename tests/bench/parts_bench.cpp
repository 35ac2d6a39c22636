// What the parts of a report cost, each alone and in one process: scripts/bench --parts. The arguments are those of
// Google Benchmark.

#include <windows.h>

#include "debugger/process_memory.h"
#include "evidence/symbolizer.h"
#include "evidence/unwind.h"
#include "report/escape.h"
#include "report/html_report.h"
#include "report/json_report.h"
#include "triage/bucket.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

// A module of this process; null: the program itself.
catcher::Module own_module(const wchar_t* name) {
  const HMODULE handle = GetModuleHandleW(name);
  const auto* dos = reinterpret_cast<const IMAGE_DOS_HEADER*>(handle);
  const auto* headers =
      reinterpret_cast<const IMAGE_NT_HEADERS*>(reinterpret_cast<const std::byte*>(handle) + dos->e_lfanew);
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(handle, path.data(), static_cast<DWORD>(path.size())));
  catcher::Module module;
  module.base = {reinterpret_cast<std::uintptr_t>(handle)};
  module.size = headers->OptionalHeader.SizeOfImage;
  module.timestamp = headers->FileHeader.TimeDateStamp;
  module.path = catcher::to_utf8(path);
  module.name = module.path.substr(module.path.find_last_of('\\') + 1);
  return module;
}

std::vector<catcher::Module> own_modules() {
  return {own_module(nullptr), own_module(L"ntdll.dll"), own_module(L"kernel32.dll")};
}

// Unwinds this thread, read as a debuggee's is, again and again: the images are known from the second time on.
void unwind_here(benchmark::State& state) {
  // A real handle, not the pseudo handle: reads then take the way they take to another process.
  const catcher::UniqueHandle process(OpenProcess(PROCESS_VM_READ, FALSE, GetCurrentProcessId()));
  const catcher::ProcessMemory memory(process.get());
  CONTEXT context{};
  RtlCaptureContext(&context);
  const catcher::RegisterContext registers{
      {context.Rax, context.Rcx, context.Rdx, context.Rbx, context.Rsp, context.Rbp, context.Rsi, context.Rdi,
       context.R8, context.R9, context.R10, context.R11, context.R12, context.R13, context.R14, context.R15},
      context.Rip};
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  GetCurrentThreadStackLimits(&low, &high);
  const std::vector<catcher::Module> modules = own_modules();
  catcher::ImageCache cache(memory);
  std::size_t frames = 0;
  for (auto _ : state) {
    frames += catcher::Unwinder(cache, modules).walk(registers, {{low}, {high}}).frames.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(frames));
}

// The volatile number keeps the compiler from making a loop of it.
void nest(unsigned depth, benchmark::State& state) {
  volatile unsigned here = depth;
  if (here == 0) {
    unwind_here(state);
  } else {
    nest(depth - 1, state);
  }
  here = here + 1;
}

void unwind(benchmark::State& state) {
  nest(static_cast<unsigned>(state.range(0)), state);
}
BENCHMARK(unwind)->Arg(20)->Arg(5000)->Unit(benchmark::kMicrosecond);

// Thirty places all over this program's code, named by its DWARF: with symbol files that nobody has read yet, and with
// known ones.
std::vector<catcher::CodeAddress> places_in(const catcher::Module& module) {
  constexpr std::uint64_t kCount = 30;
  std::vector<catcher::CodeAddress> places;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const std::uint64_t offset = 0x1000 + (module.size / 4) * i / kCount;
    places.push_back({module.base + offset, true, catcher::FrameSource::kUnwindData});
  }
  return places;
}

void name_places(benchmark::State& state) {
  const bool is_cold = state.range(0) != 0;
  const std::vector<catcher::Module> modules = own_modules();
  const auto places = places_in(modules.front());
  const catcher::ProcessMemory memory(GetCurrentProcess());
  catcher::SymbolCache kept;
  for (auto _ : state) {
    catcher::SymbolCache fresh;
    benchmark::DoNotOptimize(catcher::Symbolizer(is_cold ? fresh : kept, modules, memory).frames(places));
  }
}
BENCHMARK(name_places)->ArgName("cold")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

catcher::Stack some_stack(std::size_t depth) {
  catcher::Stack stack;
  for (std::size_t i = 0; i < depth; ++i) {
    catcher::Frame& frame = stack.frames.emplace_back();
    frame.pc = {0x140001000 + i * 64};
    frame.module = i % 3 == 0 ? "app.exe" : "engine.dll";
    frame.offset = 0x1000 + i * 64;
    frame.function = "engine::Image<unsigned char>::filter(engine::Kernel const&, int) [" + std::to_string(i) + "]";
    frame.file = "C:\\source\\engine\\image_filter.cpp";
    frame.line = static_cast<std::uint32_t>(100 + i);
    frame.source = catcher::FrameSource::kUnwindData;
  }
  stack.frames_total = depth;
  return stack;
}

catcher::RunReport some_report() {
  catcher::RunReport report;
  report.verdict = catcher::Verdict::kCrashed;
  report.exit_code = 139;
  report.command_line = "app.exe --input \"some file.bin\"";
  catcher::Crash& crash = report.crashes.emplace_back();
  crash.image = "app.exe";
  crash.status = 0xC0000005;
  crash.exception.emplace().code = 0xC0000005;
  crash.stack = some_stack(40);
  for (std::uint32_t i = 0; i < 30; ++i) {
    crash.threads.emplace_back().tid = 1000 + i;
    crash.threads.back().stack = some_stack(20);
  }
  return report;
}

void bucket(benchmark::State& state) {
  const catcher::RunReport report = some_report();
  for (auto _ : state) {
    benchmark::DoNotOptimize(catcher::bucket_of(report.crashes.front()));
  }
}
BENCHMARK(bucket)->Unit(benchmark::kMicrosecond);

void write_json(benchmark::State& state) {
  const catcher::RunReport report = some_report();
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes += catcher::to_json(report).size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(write_json)->Unit(benchmark::kMicrosecond);

void write_html(benchmark::State& state) {
  const catcher::RunReport report = some_report();
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes += catcher::to_html(report).size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(write_html)->Unit(benchmark::kMicrosecond);

// A line as programs write them, and one that wants to harm a terminal.
void escape(benchmark::State& state) {
  std::string text;
  while (text.size() < 64 * 1024) {
    text += state.range(0) != 0 ? "\x1b[31m\xE2\x80\xAE\xFF bad" : "loaded 17 images from the cache; ";
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(catcher::escape_for_terminal(text));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(escape)->ArgName("hostile")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace

int wmain(int argc, wchar_t** argv) {
  std::vector<std::string> words;
  for (int i = 0; i < argc; ++i) {
    words.push_back(catcher::to_utf8(argv[i]));
  }
  std::vector<char*> pointers;
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  benchmark::Initialize(&argc, pointers.data());
  if (benchmark::ReportUnrecognizedArguments(argc, pointers.data())) {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
