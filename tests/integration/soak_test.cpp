// Thousands of debug events: catcher's own handles grow no more than those of a loop that only waits and continues.
// The full size (10,000 threads, 2,000 DLL loads, 200 children) takes a minute; by default a tenth of it is run.
// CATCHER_SOAK=full in the environment runs all of it.

#include "harness/handle_count.h"
#include "harness/programs.h"
#include "harness/run_catcher.h"
#include "win32/unique_handle.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <string>
#include <vector>

namespace {

using harness::count_handles;
using harness::RunSettings;

bool full_size() {
  wchar_t value[8] = {};
  return GetEnvironmentVariableW(L"CATCHER_SOAK", value, 8) != 0 && std::wstring_view(value) == L"full";
}

// The handles of a debugger once its debuggee has done all it was told to, and still lives.
int handles_after(const std::wstring& debugger, const std::wstring& load) {
  int count = -1;
  RunSettings settings;
  settings.limit = std::chrono::minutes(4);
  settings.stdout_mark = "done";
  settings.on_mark = [&count](void* process) { count = count_handles(process); };
  const harness::ProgramResult result =
      harness::run_program(debugger + L" " + harness::program(L"event_storm.exe") + load + L" report", settings);
  EXPECT_EQ(result.exit_code, 0U) << result.err;
  EXPECT_TRUE(result.survivors.empty());
  EXPECT_GT(count, 0) << "the debugger was not looked at";
  return count;
}

void expect_no_more_growth(const std::wstring& load) {
  const std::wstring bare = harness::program(L"minimal_debug_loop.exe");
  const std::wstring catcher = harness::program(L"catcher.exe") + L" -q --";
  const int bare_growth = handles_after(bare, load) - handles_after(bare, L"");
  const int catcher_growth = handles_after(catcher, load) - handles_after(catcher, L"");
  // A handful for what is created once, on the first thread, DLL or child.
  constexpr int kOnce = 8;
  EXPECT_LE(catcher_growth, std::max(bare_growth, 0) + kOnce) << "the bare loop's handles grew by " << bare_growth;
}

TEST(HandleSoak, a_handle_that_is_kept_would_be_seen) {
  constexpr int kKept = 10;
  const int before = count_handles(GetCurrentProcess());
  std::vector<catcher::UniqueHandle> kept;
  for (int i = 0; i < kKept; ++i) {
    kept.emplace_back(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  }
  EXPECT_EQ(count_handles(GetCurrentProcess()), before + kKept);
}

TEST(HandleSoak, threads) {
  expect_no_more_growth(full_size() ? L" threads 10000" : L" threads 1000");
}

TEST(HandleSoak, dll_loads) {
  expect_no_more_growth(full_size() ? L" dlls 2000" : L" dlls 200");
}

TEST(HandleSoak, children) {
  expect_no_more_growth(full_size() ? L" children 200" : L" children 20");
}

TEST(HandleSoak, exceptions_and_debug_strings) {
  expect_no_more_growth(full_size() ? L" exceptions 10000 strings 10000" : L" exceptions 1000 strings 1000");
}

}  // namespace
