#include "run_program.h"

#include "win32/error.h"
#include "win32/unique_handle.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cwchar>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace harness {
namespace {

using catcher::UniqueHandle;

struct Pipe {
  UniqueHandle read;
  UniqueHandle write;
};

// Not inheritable: start_in_job() sees to that.
Pipe make_pipe() {
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (CreatePipe(&read, &write, nullptr, 0) == 0) {
    throw catcher::last_win32_error("CreatePipe");
  }
  return {UniqueHandle(read), UniqueHandle(write)};
}

// Every process that is created inherits whatever is inheritable at that moment. A test that starts two programs on two
// threads would hand the pipes of the one to the other, and wait for their end until that one has ended too.
std::mutex& launches() {
  static std::mutex mutex;
  return mutex;
}

void set_inheritable(const STARTUPINFOW& startup, DWORD flag) {
  for (const HANDLE handle : {startup.hStdInput, startup.hStdOutput, startup.hStdError}) {
    SetHandleInformation(handle, HANDLE_FLAG_INHERIT, flag);
  }
}

UniqueHandle make_job() {
  UniqueHandle job(CreateJobObjectW(nullptr, nullptr));
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (!job || SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation, &limits, sizeof limits) == 0) {
    throw catcher::last_win32_error("SetInformationJobObject");
  }
  return job;
}

std::vector<std::uint32_t> processes_in(HANDLE job) {
  std::vector<std::byte> buffer(sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + 4096 * sizeof(ULONG_PTR));
  if (QueryInformationJobObject(job, JobObjectBasicProcessIdList, buffer.data(), static_cast<DWORD>(buffer.size()),
                                nullptr) == 0) {
    throw catcher::last_win32_error("QueryInformationJobObject");
  }
  const auto& list = *reinterpret_cast<const JOBOBJECT_BASIC_PROCESS_ID_LIST*>(buffer.data());
  std::vector<std::uint32_t> pids;
  for (DWORD i = 0; i < list.NumberOfProcessIdsInList; ++i) {
    pids.push_back(static_cast<std::uint32_t>(list.ProcessIdList[i]));
  }
  return pids;
}

// Those that have not ended in that time.
std::vector<std::uint32_t> survivors_after(HANDLE job, std::chrono::milliseconds time_to_die) {
  const auto deadline = std::chrono::steady_clock::now() + time_to_die;
  std::vector<std::uint32_t> alive;
  for (const std::uint32_t pid : processes_in(job)) {
    const UniqueHandle process(OpenProcess(SYNCHRONIZE, FALSE, pid));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto wait = static_cast<DWORD>(std::max<long long>(left.count(), 0));
    if (process && WaitForSingleObject(process.get(), wait) == WAIT_TIMEOUT) {
      alive.push_back(pid);
    }
  }
  return alive;
}

// The environment block of this process with the given variables changed: NAME=value, NUL after each, one more at the
// end.
std::wstring environment_with(const std::vector<std::pair<std::wstring, std::wstring>>& changes) {
  std::map<std::wstring, std::wstring> variables;
  wchar_t* const ours = GetEnvironmentStringsW();
  for (const wchar_t* entry = ours; *entry != L'\0'; entry += std::wcslen(entry) + 1) {
    const std::wstring text(entry);
    const auto equals = text.find(L'=', 1);  // names of the form "=C:" begin with one
    variables[text.substr(0, equals)] = equals == std::wstring::npos ? L"" : text.substr(equals + 1);
  }
  FreeEnvironmentStringsW(ours);
  for (const auto& [name, value] : changes) {
    variables[name] = value;
  }
  std::wstring block;
  for (const auto& [name, value] : variables) {
    block += name + L"=" + value + L'\0';
  }
  return block + L'\0';
}

// Reads a pipe to its end on a thread of its own, and tells who waits for a mark in it.
class Drain {
 public:
  Drain(HANDLE pipe, std::string mark) : mark_(std::move(mark)), thread_([this, pipe] { read_to_end(pipe); }) {}

  // True when the mark was seen; false when the pipe ended without it.
  bool wait_for_mark() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || text_.find(mark_) != std::string::npos; });
    return text_.find(mark_) != std::string::npos;
  }

  std::string finish() {
    thread_.join();
    return text_;
  }

 private:
  void read_to_end(HANDLE pipe) {
    std::array<char, 65536> buffer;
    DWORD read = 0;
    while (ReadFile(pipe, buffer.data(), static_cast<DWORD>(buffer.size()), &read, nullptr) != 0) {
      const std::lock_guard lock(mutex_);
      text_.append(buffer.data(), read);
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  std::string mark_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool ended_ = false;
  std::thread thread_;  // last: the others must be there when it begins
};

void write_all(HANDLE pipe, std::string_view text) {
  while (!text.empty()) {
    DWORD written = 0;
    const auto chunk = static_cast<DWORD>(std::min<std::size_t>(text.size(), 65536));
    if (WriteFile(pipe, text.data(), chunk, &written, nullptr) == 0) {
      return;  // the program does not read all of it: its own affair
    }
    text.remove_prefix(written);
  }
}

struct Started {
  UniqueHandle process;
  UniqueHandle thread;
};

// Suspended, in the job: nothing of it runs outside.
Started start_in_job(const std::wstring& command_line, const RunSettings& settings, STARTUPINFOW& startup, HANDLE job) {
  std::wstring writable = command_line;
  std::wstring environment = environment_with(settings.environment);
  PROCESS_INFORMATION process{};
  const DWORD flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT |
                      (settings.new_process_group ? DWORD{CREATE_NEW_PROCESS_GROUP} : DWORD{0});
  {
    const std::lock_guard alone(launches());
    set_inheritable(startup, HANDLE_FLAG_INHERIT);
    const BOOL created =
        CreateProcessW(nullptr, writable.data(), nullptr, nullptr, TRUE, flags, environment.data(),
                       settings.directory.empty() ? nullptr : settings.directory.c_str(), &startup, &process);
    const DWORD error = GetLastError();
    set_inheritable(startup, 0);
    if (created == 0) {
      throw catcher::win32_error("CreateProcessW", error);
    }
  }
  Started started{UniqueHandle(process.hProcess), UniqueHandle(process.hThread)};
  if (AssignProcessToJobObject(job, process.hProcess) == 0) {
    const auto error = catcher::last_win32_error("AssignProcessToJobObject");
    TerminateProcess(process.hProcess, 1);
    throw error;
  }
  ResumeThread(process.hThread);
  return started;
}

}  // namespace

std::vector<std::string> ProgramResult::error_lines() const {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < err.size()) {
    const std::size_t end = std::min(err.find('\n', begin), err.size());
    std::string line = err.substr(begin, end - begin);
    while (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

ProgramResult run_program(const std::wstring& command_line, const RunSettings& settings) {
  const UniqueHandle job = make_job();
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = in.read.get();
  startup.hStdOutput = out.write.get();
  startup.hStdError = err.write.get();

  const auto began = std::chrono::steady_clock::now();
  const Started started = start_in_job(command_line, settings, startup, job.get());
  in.read.reset();
  out.write.reset();
  err.write.reset();
  Drain out_drain(out.read.get(), settings.stdout_mark);
  Drain err_drain(err.read.get(), {});
  std::thread writer([&] {
    write_all(in.write.get(), settings.stdin_text);
    if (settings.on_mark && out_drain.wait_for_mark()) {
      settings.on_mark(started.process.get());
    }
    in.write.reset();
  });

  ProgramResult result;
  result.limit_hit =
      WaitForSingleObject(started.process.get(), static_cast<DWORD>(settings.limit.count())) != WAIT_OBJECT_0;
  result.wall = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  result.survivors = survivors_after(job.get(), settings.time_to_die);
  TerminateJobObject(job.get(), 1);  // survivors hold the pipes open
  writer.join();
  result.out = out_drain.finish();
  result.err = err_drain.finish();
  DWORD exit_code = 0;
  GetExitCodeProcess(started.process.get(), &exit_code);
  result.exit_code = exit_code;
  return result;
}

}  // namespace harness
