#include "debugger/launch.h"

#include "debugger/target_program.h"
#include "win32/error.h"
#include "win32/utf.h"

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <system_error>

namespace catcher {
namespace {

// CreateProcessW: "The maximum length of this string is 32,767 characters, including the Unicode terminating null
// character."
constexpr std::size_t kLongestCommandLine = 32'766;

// A PROC_THREAD_ATTRIBUTE_LIST with one entry: the job that the process is born in, so that there is no moment in which
// catcher could die and leave it behind.
class AttributeList {
 public:
  explicit AttributeList(HANDLE job) : job_(job) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    bytes_.resize(size);
    if (InitializeProcThreadAttributeList(get(), 1, 0, &size) == 0) {
      throw last_win32_error("InitializeProcThreadAttributeList");
    }
  }
  AttributeList(const AttributeList&) = delete;
  AttributeList& operator=(const AttributeList&) = delete;
  ~AttributeList() { DeleteProcThreadAttributeList(get()); }

  bool set_job() noexcept {
    // ProcThreadAttributeJobList (13) as PROC_THREAD_ATTRIBUTE_INPUT; older SDK headers do not have the macro.
    constexpr DWORD_PTR kJobList = 0x2000D;
    return UpdateProcThreadAttribute(get(), 0, kJobList, static_cast<void*>(&job_), sizeof job_, nullptr, nullptr) != 0;
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() noexcept { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(bytes_.data()); }

 private:
  std::vector<std::byte> bytes_;
  HANDLE job_;  // the Job's
};

struct EnvironmentFree {
  void operator()(wchar_t* block) const noexcept { FreeEnvironmentStringsW(block); }
};

bool sorts_before(std::wstring_view a, std::wstring_view b) {
  return CompareStringOrdinal(a.data(), static_cast<int>(a.size()), b.data(), static_cast<int>(b.size()), TRUE) ==
         CSTR_LESS_THAN;
}

// Our environment with _NO_DEBUG_HEAP=1 where the user has not said otherwise: a process that is created under a
// debugger gets the slow debug heap without it. The block stays sorted by name, as CreateProcessW wants it.
std::wstring environment_block(bool debug_heap) {
  constexpr std::wstring_view kName = L"_NO_DEBUG_HEAP";
  const std::unique_ptr<wchar_t, EnvironmentFree> ours(GetEnvironmentStringsW());
  std::wstring block;
  bool to_add = !debug_heap && GetEnvironmentVariableW(kName.data(), nullptr, 0) == 0;
  const auto add = [&block, &to_add, kName] {
    block.append(kName).append(L"=1").push_back(L'\0');
    to_add = false;
  };
  for (const wchar_t* entry = ours.get(); *entry != L'\0';) {
    const std::wstring_view variable(entry);
    if (to_add && sorts_before(kName, variable.substr(0, variable.find(L'=', 1)))) {
      add();
    }
    block.append(variable).push_back(L'\0');
    entry += variable.size() + 1;
  }
  if (to_add) {
    add();
  }
  block.push_back(L'\0');
  return block;
}

// Everything that we were started with goes on to the target: lpReserved2 carries the C runtime's inherited
// descriptors.
STARTUPINFOW pass_through_startup_info() {
  STARTUPINFOW ours{};
  GetStartupInfoW(&ours);
  STARTUPINFOW result{};
  result.cb = sizeof result;
  result.dwFlags = ours.dwFlags & STARTF_USESHOWWINDOW;
  result.wShowWindow = ours.wShowWindow;
  result.cbReserved2 = ours.cbReserved2;
  result.lpReserved2 = ours.lpReserved2;
  // Explicit, because without it a console program gets duplicates only of console handles.
  result.dwFlags |= STARTF_USESTDHANDLES;
  result.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  result.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  result.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  return result;
}

// The process and thread handles of CreateProcessW are ours, unlike those of the debug events.
struct CreatedProcess {
  UniqueHandle process;
  UniqueHandle thread;
  std::uint32_t pid = 0;
};

CreatedProcess create_process(const std::wstring& program, const LaunchRequest& request, AttributeList* attributes) {
  STARTUPINFOEXW startup{};
  startup.StartupInfo = pass_through_startup_info();
  DWORD flags = DEBUG_PROCESS | CREATE_UNICODE_ENVIRONMENT;
  if (attributes != nullptr) {
    startup.StartupInfo.cb = sizeof startup;
    startup.lpAttributeList = attributes->get();
    flags |= EXTENDED_STARTUPINFO_PRESENT;
  }
  std::wstring command_line = request.command_line;  // CreateProcessW may write to it
  std::wstring environment = environment_block(request.debug_heap);
  PROCESS_INFORMATION created{};
  if (CreateProcessW(program.c_str(), command_line.data(), nullptr, nullptr, TRUE, flags, environment.data(), nullptr,
                     &startup.StartupInfo, &created) == 0) {
    throw last_win32_error("CreateProcessW");
  }
  return {UniqueHandle(created.hProcess), UniqueHandle(created.hThread), created.dwProcessId};
}

[[noreturn]] void throw_start_failure(const std::wstring& program, const std::system_error& error) {
  const auto code = static_cast<std::uint32_t>(error.code().value());
  if (program.size() >= MAX_PATH) {
    throw StartError(
        ExitCode::kCannotStart,
        fmt::format(
            "cannot start '{}': its path has {} characters, more than the {} that Windows can start; move it up",
            to_utf8(program), program.size(), MAX_PATH - 1));
  }
  const bool gone = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
  throw StartError(gone ? ExitCode::kNotFound : ExitCode::kCannotStart,
                   fmt::format("cannot start '{}': {}", to_utf8(program), describe_win32_error(code)));
}

// An outer job that forbids nesting, or an OS without job lists: the process is still held at its first debug event, so
// that putting it into the job now comes in time.
LaunchedProcess launch_then_assign(const std::wstring& program, const LaunchRequest& request, std::optional<Job> job) {
  try {
    const CreatedProcess created = create_process(program, request, nullptr);
    LaunchedProcess launched{created.pid, std::nullopt, {}};
    if (job && AssignProcessToJobObject(job->handle(), created.process.get()) != 0) {
      launched.job = std::move(job);
    } else {
      launched.job_warning =
          fmt::format("the target could not be put into a job ({}): processes that escape the debugger are not killed",
                      describe_win32_error(last_error()));
    }
    return launched;
  } catch (const std::system_error& error) {
    throw_start_failure(program, error);
  }
}

}  // namespace

LaunchedProcess launch(const LaunchRequest& request) {
  if (request.command_line.size() > kLongestCommandLine) {
    throw StartError(ExitCode::kCannotStart,
                     fmt::format("the target's command line has {} characters; Windows allows {}",
                                 request.command_line.size(), kLongestCommandLine));
  }
  const std::wstring program = find_target_program(request.command_line);
  std::optional<Job> job(std::in_place);
  AttributeList attributes(job->handle());
  if (!attributes.set_job()) {
    return launch_then_assign(program, request, std::move(job));
  }
  try {
    const CreatedProcess created = create_process(program, request, &attributes);
    return {created.pid, std::move(job), {}};
  } catch (const std::system_error& error) {
    const auto code = static_cast<DWORD>(error.code().value());
    if (code != ERROR_ACCESS_DENIED && code != ERROR_INVALID_PARAMETER && code != ERROR_NOT_SUPPORTED) {
      throw_start_failure(program, error);
    }
    return launch_then_assign(program, request, std::move(job));
  }
}

}  // namespace catcher
