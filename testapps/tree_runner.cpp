// Grows trees of processes that do not end by themselves. It must show that a timeout, and the end of catcher, leaves
// none of them behind.
//
//   tree_runner.exe children N     N children that wait for ever; waits too
//   tree_runner.exe forks N        like children, and each child has N more
//   tree_runner.exe orphans N      N grandchildren that wait for ever, their parents gone; exits with 0
//   tree_runner.exe chain N        a chain of N processes, each the child of the one before, all but the last gone
//   tree_runner.exe bomb N         doubles again and again until N processes (at most 300) have been started
//   tree_runner.exe respawn        starts one child after the other, each of which ends at once, for ever
//   tree_runner.exe wait           waits for ever
//   tree_runner.exe end            ends at once

#include <windows.h>

#include <cstdlib>
#include <cwchar>
#include <string>
#include <string_view>

namespace {

constexpr unsigned long kBombBound = 300;
constexpr int kWrongUsage = 2;

// A copy of this program; none when the system refuses, which is what a tree that is being killed must expect.
HANDLE start_copy(const std::wstring& words) {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  std::wstring command_line = L"\"" + path + L"\" " + words;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup, &process) ==
      0) {
    return nullptr;
  }
  CloseHandle(process.hThread);
  return process.hProcess;
}

void start_and_forget(const std::wstring& words) {
  if (const HANDLE child = start_copy(words)) {
    CloseHandle(child);
  }
}

void children(unsigned long count, const std::wstring& words) {
  for (unsigned long i = 0; i < count; ++i) {
    start_and_forget(words);
  }
}

// Every process starts two that share what is left of the budget, then waits.
void bomb(unsigned long budget) {
  const unsigned long left = budget < kBombBound ? budget : kBombBound;
  if (left > 1) {
    const unsigned long first = (left - 1) / 2;
    const unsigned long second = left - 1 - first;
    for (const unsigned long share : {first, second}) {
      if (share > 0) {
        start_and_forget(L"bomb " + std::to_wstring(share));
      }
    }
  }
  Sleep(INFINITE);
}

void respawn() {
  for (;;) {
    const HANDLE child = start_copy(L"end");
    if (child != nullptr) {
      WaitForSingleObject(child, INFINITE);
      CloseHandle(child);
    }
  }
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const std::wstring_view what = argc > 1 ? argv[1] : L"";
  const unsigned long count = argc > 2 ? std::wcstoul(argv[2], nullptr, 10) : 0;
  if (what == L"children") {
    children(count, L"wait");
    Sleep(INFINITE);
  } else if (what == L"forks") {
    children(count, L"children " + std::to_wstring(count));
    Sleep(INFINITE);
  } else if (what == L"orphans") {
    children(count, L"chain 2");
  } else if (what == L"chain") {
    if (count <= 1) {
      Sleep(INFINITE);
    }
    children(1, L"chain " + std::to_wstring(count - 1));
  } else if (what == L"bomb") {
    bomb(count);
  } else if (what == L"respawn") {
    respawn();
  } else if (what == L"wait") {
    Sleep(INFINITE);
  } else if (what != L"end") {
    return kWrongUsage;
  }
  return 0;
}
