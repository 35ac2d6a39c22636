// Starts programs by turns and says how long each run took: from before CreateProcess until its process has ended, by
// the performance counter. What starts this program does not count, nor what reads its figures; tests/bench/table.py
// does.
//
//   side_by_side times ROUNDS FILE     each command line of FILE (UTF-8, one a line) once a round, the first of a
//                                      round being another each time. Prints: INDEX MILLISECONDS EXIT_CODE STAMP,
//                                      STAMP being the milliseconds from the counter that a program printed as
//                                      "stamp COUNTER" to its end, - where none did
//   side_by_side memory FILE           each once, watched closely. Prints: INDEX KIBIBYTES, the peak of its working set
//   side_by_side deadline ROUNDS PROCESSES COMMAND
//                                      COMMAND starts a tree of so many processes and ends it. Prints per round the
//                                      milliseconds from the birth of the tree's first process to its last one's, to
//                                      the end of its last process, and to the end of COMMAND

#include <windows.h>

#include <psapi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr DWORD kStartFailed = 3;

long long ticks() {
  LARGE_INTEGER now{};
  QueryPerformanceCounter(&now);
  return now.QuadPart;
}

double milliseconds(long long from, long long to) {
  LARGE_INTEGER frequency{};
  QueryPerformanceFrequency(&frequency);
  return static_cast<double>(to - from) * 1000 / static_cast<double>(frequency.QuadPart);
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "side_by_side: %s: %lu\n", what, GetLastError());
  std::exit(kStartFailed);
}

std::wstring widen(std::string_view text) {
  std::wstring wide(text.size(), L'\0');
  wide.resize(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()),
                                                           wide.data(), static_cast<int>(wide.size()))));
  return wide;
}

std::vector<std::wstring> lines_of(const wchar_t* path) {
  std::FILE* file = _wfopen(path, L"rb");
  if (file == nullptr) {
    std::fprintf(stderr, "side_by_side: cannot read the list of commands\n");
    std::exit(kStartFailed);
  }
  std::vector<std::wstring> lines;
  std::string line;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else if (!line.empty()) {
      lines.push_back(widen(line));
      line.clear();
    }
  }
  std::fclose(file);
  return lines;
}

// A program that runs, its output going into a pipe that holds all that a workload says.
class Program {
 public:
  explicit Program(std::wstring command_line, HANDLE job = nullptr) {
    SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    if (CreatePipe(&output_, &write_end_, &inherited, 1 << 16) == 0) {
      fail("CreatePipe");
    }
    SetHandleInformation(output_, HANDLE_FLAG_INHERIT, 0);
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = write_end_;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION created{};
    const DWORD flags = job == nullptr ? 0 : CREATE_SUSPENDED;
    started_ = ticks();
    if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, flags, nullptr, nullptr, &startup,
                       &created) == 0) {
      fail("CreateProcessW");
    }
    process_ = created.hProcess;
    pid_ = created.dwProcessId;
    if (job != nullptr) {
      AssignProcessToJobObject(job, process_);
      ResumeThread(created.hThread);
    }
    CloseHandle(created.hThread);
  }
  ~Program() {
    CloseHandle(process_);
    CloseHandle(output_);
    CloseHandle(write_end_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void wait() {
    WaitForSingleObject(process_, INFINITE);
    ended_ = ticks();
  }
  // The peak of its working set. After its end an OS may have nothing to say, so that it is asked all the time.
  SIZE_T wait_and_measure() const {
    SIZE_T most = 0;
    for (DWORD left = WAIT_TIMEOUT; left == WAIT_TIMEOUT;) {
      left = WaitForSingleObject(process_, 2);
      PROCESS_MEMORY_COUNTERS counters{};
      if (GetProcessMemoryInfo(process_, &counters, sizeof counters) != 0) {
        most = std::max({most, counters.PeakWorkingSetSize, counters.WorkingSetSize});
      }
    }
    return most;
  }

  double time() const { return milliseconds(started_, ended_); }
  // Since the counter that it, or what it started, has printed.
  std::optional<double> time_since_stamp() const {
    constexpr std::string_view kStamp = "stamp ";
    DWORD there = 0;
    if (PeekNamedPipe(output_, nullptr, 0, nullptr, &there, nullptr) == 0 || there == 0) {
      return std::nullopt;
    }
    std::string text(there, '\0');
    if (ReadFile(output_, text.data(), there, &there, nullptr) == 0) {
      return std::nullopt;
    }
    const std::size_t at = text.find(kStamp);
    if (at == text.npos) {
      return std::nullopt;
    }
    return milliseconds(std::strtoll(text.c_str() + at + kStamp.size(), nullptr, 10), ended_);
  }
  DWORD exit_code() const {
    DWORD code = 0;
    GetExitCodeProcess(process_, &code);
    return code;
  }
  DWORD pid() const { return pid_; }
  long long start() const { return started_; }

 private:
  HANDLE output_ = nullptr;
  HANDLE write_end_ = nullptr;
  HANDLE process_ = nullptr;
  DWORD pid_ = 0;
  long long started_ = 0;
  long long ended_ = 0;
};

void measure_times(unsigned long rounds, const std::vector<std::wstring>& commands) {
  for (unsigned long round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < commands.size(); ++turn) {
      const std::size_t index = (turn + round) % commands.size();
      Program program(commands[index]);
      program.wait();
      const auto stamp = program.time_since_stamp();
      std::printf("%zu %.3f %lu %s\n", index, program.time(), program.exit_code(),
                  stamp ? std::to_string(*stamp).c_str() : "-");
      std::fflush(stdout);
    }
  }
}

void measure_memory(const std::vector<std::wstring>& commands) {
  for (std::size_t index = 0; index < commands.size(); ++index) {
    const Program program(commands[index]);
    std::printf("%zu %zu\n", index, static_cast<std::size_t>(program.wait_and_measure() / 1024));
    std::fflush(stdout);
  }
}

// The job says of each process when it is born and when it has ended; nobody in it has a say in that.
void watch_tree(const std::wstring& command, unsigned long processes) {
  const HANDLE job = CreateJobObjectW(nullptr, nullptr);
  const HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
  JOBOBJECT_ASSOCIATE_COMPLETION_PORT association{nullptr, port};
  if (job == nullptr || port == nullptr ||
      SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, sizeof association) ==
          0) {
    fail("CreateJobObjectW");
  }
  Program program(command, job);
  std::vector<long long> births;
  long long last_end = 0;
  unsigned long ends = 0;
  for (;;) {
    DWORD message = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* pid = nullptr;
    if (GetQueuedCompletionStatus(port, &message, &key, &pid, INFINITE) == 0) {
      fail("GetQueuedCompletionStatus");
    }
    const long long now = ticks();
    if (message == JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO) {
      break;
    }
    if (reinterpret_cast<ULONG_PTR>(pid) == program.pid()) {
      continue;
    }
    if (message == JOB_OBJECT_MSG_NEW_PROCESS) {
      births.push_back(now);
    } else if (message == JOB_OBJECT_MSG_EXIT_PROCESS || message == JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS) {
      last_end = now;
      ++ends;
    }
  }
  program.wait();
  CloseHandle(port);
  CloseHandle(job);
  if (births.size() != processes || ends != processes) {
    std::fprintf(stderr, "side_by_side: %zu processes born, %lu ended, instead of %lu\n", births.size(), ends,
                 processes);
    std::exit(kStartFailed);
  }
  const double until_end = program.time() - milliseconds(program.start(), births.front());
  std::printf("%.3f %.3f %.3f\n", milliseconds(births.front(), births.back()), milliseconds(births.front(), last_end),
              until_end);
  std::fflush(stdout);
}

}  // namespace

int wmain(int argc, wchar_t** argv) {
  const std::wstring_view what = argc > 1 ? argv[1] : L"";
  if (what == L"times" && argc == 4) {
    measure_times(std::wcstoul(argv[2], nullptr, 10), lines_of(argv[3]));
  } else if (what == L"memory" && argc == 3) {
    measure_memory(lines_of(argv[2]));
  } else if (what == L"deadline" && argc == 5) {
    for (unsigned long round = std::wcstoul(argv[2], nullptr, 10); round > 0; --round) {
      watch_tree(argv[4], std::wcstoul(argv[3], nullptr, 10));
    }
  } else {
    std::fputs("usage: side_by_side times ROUNDS FILE | memory FILE | deadline ROUNDS PROCESSES COMMAND\n", stderr);
    return 2;
  }
  return 0;
}
