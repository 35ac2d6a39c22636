// The least that a debugger can do: starts a program with DEBUG_PROCESS, waits, continues, and closes what the
// documentation says a debugger must close. It must show what a load costs without catcher (handles, time), so that
// catcher can be compared with it.
//
//   minimal_debug_loop.exe [-v] COMMAND LINE      exit code: the program's own; -v prints every exception to stderr

#include <windows.h>

#include <cstdio>
#include <cwchar>

namespace {

constexpr int kCannotStart = 126;

// Everything after our own name and `-v`, as it stands.
wchar_t* rest_of_command_line(bool verbose) {
  wchar_t* text = GetCommandLineW();
  const auto skip_word = [&text] {
    bool quoted = false;
    for (; *text != L'\0' && (quoted || (*text != L' ' && *text != L'\t')); ++text) {
      quoted = (*text == L'"') != quoted;
    }
    text += std::wcsspn(text, L" \t");
  };
  skip_word();
  if (verbose) {
    skip_word();
  }
  return text;
}

void print_exception(const DEBUG_EVENT& event) {
  const EXCEPTION_RECORD& record = event.u.Exception.ExceptionRecord;
  std::fprintf(stderr, "%lu.%lu: %s chance %08lx at %p, %lu parameters", event.dwProcessId, event.dwThreadId,
               event.u.Exception.dwFirstChance != 0 ? "first" : "second", record.ExceptionCode, record.ExceptionAddress,
               record.NumberParameters);
  for (DWORD i = 0; i < record.NumberParameters; ++i) {
    std::fprintf(stderr, " %llx", static_cast<unsigned long long>(record.ExceptionInformation[i]));
  }
  std::fputc('\n', stderr);
}

// Continues one event after the other until the root process has ended; returns its exit code.
DWORD follow(DWORD root_pid, bool verbose) {
  DWORD processes = 0;
  DWORD root_exit_code = 0;
  for (DEBUG_EVENT event{}; WaitForDebugEvent(&event, INFINITE) != 0;) {
    DWORD status = DBG_CONTINUE;
    HANDLE file = nullptr;  // the only handle of an event that is the debugger's to close
    switch (event.dwDebugEventCode) {
      case CREATE_PROCESS_DEBUG_EVENT:
        ++processes;
        file = event.u.CreateProcessInfo.hFile;
        break;
      case LOAD_DLL_DEBUG_EVENT:
        file = event.u.LoadDll.hFile;
        break;
      case EXIT_PROCESS_DEBUG_EVENT:
        --processes;
        if (event.dwProcessId == root_pid) {
          root_exit_code = event.u.ExitProcess.dwExitCode;
        }
        if (verbose) {
          std::fprintf(stderr, "%lu: exit %lx\n", event.dwProcessId, event.u.ExitProcess.dwExitCode);
        }
        break;
      case EXCEPTION_DEBUG_EVENT:
        if (verbose) {
          print_exception(event);
        }
        if (event.u.Exception.ExceptionRecord.ExceptionCode != static_cast<DWORD>(EXCEPTION_BREAKPOINT)) {
          status = static_cast<DWORD>(DBG_EXCEPTION_NOT_HANDLED);
        }
        break;
      default:
        break;
    }
    if (file != nullptr && file != INVALID_HANDLE_VALUE) {
      CloseHandle(file);
    }
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, status);
    if (processes == 0) {
      break;
    }
  }
  return root_exit_code;
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const bool verbose = argc > 1 && std::wcscmp(argv[1], L"-v") == 0;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, rest_of_command_line(verbose), nullptr, nullptr, TRUE, DEBUG_PROCESS, nullptr, nullptr,
                     &startup, &process) == 0) {
    std::fprintf(stderr, "minimal_debug_loop: CreateProcessW failed: %lu\n", GetLastError());
    return kCannotStart;
  }
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return static_cast<int>(follow(process.dwProcessId, verbose));
}
