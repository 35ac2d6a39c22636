// The floor under catcher: starts a program with DEBUG_PROCESS once for each file of a directory, one after the
// other, waits, continues, closes what must be closed, and does nothing else.
//
//   floor.exe DIRECTORY COMMAND LINE WITH @@
//   floor.exe -- COMMAND LINE
//
// The first prints the runs and runs per second; sweep-bench compares it with `catcher sweep`. The second runs the
// command once, prints nothing and is what scripts/bench measures catcher against.

#include <windows.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::vector<std::wstring> files_in(const std::wstring& directory) {
  std::vector<std::wstring> files;
  WIN32_FIND_DATAW entry{};
  const HANDLE find = FindFirstFileW((directory + L"\\*").c_str(), &entry);
  if (find == INVALID_HANDLE_VALUE) {
    return files;
  }
  do {
    if ((entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
      files.push_back(directory + L'\\' + static_cast<const wchar_t*>(entry.cFileName));
    }
  } while (FindNextFileW(find, &entry) != 0);
  FindClose(find);
  return files;
}

bool run_once(std::wstring command_line) {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, DEBUG_PROCESS, nullptr, nullptr, &startup,
                     &process) == 0) {
    return false;
  }
  int alive = 0;
  for (DEBUG_EVENT event{}; WaitForDebugEvent(&event, INFINITE) != 0;) {
    DWORD status = DBG_CONTINUE;
    HANDLE file = nullptr;  // the only handle of an event that is the debugger's to close
    if (event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
      ++alive;
      file = event.u.CreateProcessInfo.hFile;
    } else if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
      file = event.u.LoadDll.hFile;
    } else if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
      --alive;
    } else if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT &&
               event.u.Exception.ExceptionRecord.ExceptionCode != static_cast<DWORD>(EXCEPTION_BREAKPOINT)) {
      status = static_cast<DWORD>(DBG_EXCEPTION_NOT_HANDLED);
    }
    if (file != nullptr) {
      CloseHandle(file);
    }
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, status);
    if (alive == 0) {
      break;
    }
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return true;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc < 3) {
    std::fputs("usage: floor DIRECTORY|-- COMMAND LINE WITH @@\n", stderr);
    return 2;
  }
  std::wstring line;
  for (int i = 2; i < argc; ++i) {
    line += (i == 2 ? L"" : L" ") + std::wstring(argv[i]);
  }
  if (std::wstring_view(argv[1]) == L"--") {
    return run_once(line) ? 0 : 1;
  }
  const std::size_t at = line.find(L"@@");
  const std::vector<std::wstring> files = files_in(argv[1]);
  const auto begun = std::chrono::steady_clock::now();
  for (const std::wstring& file : files) {
    std::wstring command_line = line;
    if (at != std::wstring::npos) {
      command_line.replace(at, 2, file);
    }
    if (!run_once(command_line)) {
      std::fprintf(stderr, "floor: cannot start: %lu\n", GetLastError());
      return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%zu %.2f\n", files.size(), static_cast<double>(files.size()) / took.count());
  return 0;
}
