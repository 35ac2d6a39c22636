#include "debugger/launch.h"

#include "debugger/environment_block.h"
#include "debugger/target_program.h"
#include "win32/error.h"
#include "win32/full_path.h"
#include "win32/utf.h"

#include <catcher/setup_error.h>

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace catcher {
namespace {

// CreateProcessW: "The maximum length of this string is 32,767 characters, including the Unicode terminating null
// character."
constexpr std::size_t kLongestCommandLine = 32'766;

// What a process is created with beside the plain parameters.
struct Way {
  bool strict_handles = false;
  bool job_list = false;
};

// A PROC_THREAD_ATTRIBUTE_LIST: the job that the process is born in, so that there is no moment in which catcher could
// die and leave it behind, and the policy that makes a bad handle an exception.
class AttributeList {
 public:
  AttributeList() {
    constexpr DWORD kMost = 2;
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, kMost, 0, &size);
    bytes_.resize(size);
    if (InitializeProcThreadAttributeList(get(), kMost, 0, &size) == 0) {
      throw last_win32_error("InitializeProcThreadAttributeList");
    }
  }
  AttributeList(const AttributeList&) = delete;
  AttributeList& operator=(const AttributeList&) = delete;
  ~AttributeList() { DeleteProcThreadAttributeList(get()); }

  // False when the OS does not know it. `job` stays the Job's.
  bool set_job(HANDLE job) noexcept {
    // ProcThreadAttributeJobList (13) as PROC_THREAD_ATTRIBUTE_INPUT; older SDK headers do not have the macro.
    constexpr DWORD_PTR kJobList = 0x2000D;
    job_ = job;
    return UpdateProcThreadAttribute(get(), 0, kJobList, static_cast<void*>(&job_), sizeof job_, nullptr, nullptr) != 0;
  }

  bool set_strict_handles() noexcept {
    return UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, &policy_, sizeof policy_,
                                     nullptr, nullptr) != 0;
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() noexcept { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(bytes_.data()); }

 private:
  std::vector<std::byte> bytes_;
  // The list refers to both until the process is there.
  HANDLE job_ = nullptr;
  DWORD64 policy_ = PROCESS_CREATION_MITIGATION_POLICY_STRICT_HANDLE_CHECKS_ALWAYS_ON;
};

// Ours with the user's changes, and with _NO_DEBUG_HEAP=1 where nobody has said otherwise: a process that is created
// under a debugger gets the slow debug heap without it.
std::wstring environment_for(const Surroundings& surroundings) {
  std::wstring block = changed_environment(own_environment(), surroundings.variables);
  if (!surroundings.debug_heap && !has_variable(block, L"_NO_DEBUG_HEAP")) {
    block = changed_environment(std::move(block), {{"_NO_DEBUG_HEAP", "1"}});
  }
  return block;
}

[[noreturn]] void throw_bad_directory(const std::string& directory, std::uint32_t error) {
  throw SetupError(fmt::format("--cwd {}: {}; name a directory that is there", directory, describe_win32_error(error)));
}

// The target's current directory as CreateProcessW wants it: a full path, with room for the backslash and the zero that
// the target's own copy of it gets. Empty: ours.
std::wstring full_directory(const std::string& directory) {
  if (directory.empty()) {
    return {};
  }
  std::wstring full = full_path(to_utf16(directory));
  const DWORD attributes = GetFileAttributesW(full.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) {
    throw_bad_directory(directory, last_error());
  }
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
    throw_bad_directory(directory, ERROR_DIRECTORY);
  }
  constexpr std::size_t kLongest = MAX_PATH - 2;
  if (full.size() > kLongest) {
    throw SetupError(fmt::format("--cwd {}: the path has {} characters; Windows allows {} for a current directory",
                                 directory, full.size(), kLongest));
  }
  return full;
}

// What is launched, once everything about it has been looked up.
struct Target {
  std::wstring program;
  std::wstring directory;
  std::wstring environment;
  const LaunchRequest& request;
};

// The process and thread handles of CreateProcessW are ours, unlike those of the debug events.
struct CreatedProcess {
  UniqueHandle process;
  UniqueHandle thread;
  std::uint32_t pid = 0;
};

CreatedProcess create_process(const Target& target, AttributeList& attributes) {
  StartupStreams streams(target.request.streams);
  STARTUPINFOEXW startup{};
  startup.StartupInfo = streams.startup_info();
  startup.StartupInfo.cb = sizeof startup;
  startup.lpAttributeList = attributes.get();
  constexpr DWORD kFlags = DEBUG_PROCESS | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  std::wstring command_line = target.request.command_line;  // CreateProcessW may write to it
  std::wstring environment = target.environment;
  PROCESS_INFORMATION created{};
  const InheritanceScope inheritance(target.request.streams);
  if (CreateProcessW(target.program.c_str(), command_line.data(), nullptr, nullptr, TRUE, kFlags, environment.data(),
                     target.directory.empty() ? nullptr : target.directory.c_str(), &startup.StartupInfo,
                     &created) == 0) {
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

// True for what CreateProcessW says when it will not have one of the attributes: an outer job that forbids nesting, an
// OS that does not know them. A target that may not be started gives the first of these too.
bool may_be_about_attributes(DWORD error) {
  return error == ERROR_ACCESS_DENIED || error == ERROR_INVALID_PARAMETER || error == ERROR_NOT_SUPPORTED;
}

// Nothing when this way of starting it may be what the OS refuses.
std::optional<CreatedProcess> try_to_create(const Target& target, Way way, const Job& job) {
  AttributeList attributes;
  if ((way.job_list && !attributes.set_job(job.handle())) || (way.strict_handles && !attributes.set_strict_handles())) {
    return std::nullopt;
  }
  try {
    return create_process(target, attributes);
  } catch (const std::system_error& error) {
    const auto code = static_cast<DWORD>(error.code().value());
    if ((way.job_list || way.strict_handles) && may_be_about_attributes(code)) {
      return std::nullopt;
    }
    if (code == ERROR_DIRECTORY) {
      throw_bad_directory(target.request.surroundings.directory, code);
    }
    throw_start_failure(target.program, error);
  }
}

LaunchedProcess launched_by(const CreatedProcess& created, Way way, bool strict_handles_wanted, Job job) {
  LaunchedProcess launched;
  launched.pid = created.pid;
  // Not born in the job: the process is still held at its first debug event, so that it is put there in time.
  if (way.job_list || AssignProcessToJobObject(job.handle(), created.process.get()) != 0) {
    launched.job = std::move(job);
  } else {
    launched.job_warning =
        fmt::format("the target could not be put into a job ({}): processes that escape the debugger are not killed",
                    describe_win32_error(last_error()));
  }
  launched.strict_handles = way.strict_handles;
  if (strict_handles_wanted && !way.strict_handles) {
    launched.strict_handles_warning = "the OS refused --strict-handles: only a debugger's checks of handles are made";
  }
  return launched;
}

}  // namespace

LaunchedProcess launch(const LaunchRequest& request) {
  if (request.command_line.size() > kLongestCommandLine) {
    throw StartError(ExitCode::kCannotStart,
                     fmt::format("the target's command line has {} characters; Windows allows {}",
                                 request.command_line.size(), kLongestCommandLine));
  }
  const Target target{find_target_program(request.command_line), full_directory(request.surroundings.directory),
                      environment_for(request.surroundings), request};
  Job job;
  // From the way that gives most to the one that asks for nothing.
  constexpr std::array kWays{Way{true, true}, Way{true, false}, Way{false, true}, Way{false, false}};
  for (const Way way : kWays) {
    if (way.strict_handles && !request.surroundings.strict_handles) {
      continue;
    }
    if (const auto created = try_to_create(target, way, job)) {
      LaunchedProcess launched = launched_by(*created, way, request.surroundings.strict_handles, std::move(job));
      if (!is_script(target.program)) {
        launched.command_line = to_utf8(request.command_line);
      }
      return launched;
    }
  }
  throw std::logic_error("the last way of starting a target neither starts it nor says why");
}

}  // namespace catcher
