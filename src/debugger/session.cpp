#include "debugger/session.h"

#include "debugger/assertion.h"
#include "debugger/remote_exports.h"
#include "debugger/thread_context.h"
#include "win32/unique_handle.h"
#include "win32/utf.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace catcher {
namespace {

constexpr std::uint32_t kBreakpointCode = 0x80000003;      // STATUS_BREAKPOINT
constexpr std::uint32_t kWx86BreakpointCode = 0x4000001F;  // STATUS_WX86_BREAKPOINT
constexpr std::uint32_t kThreadNameCode = 0x406D1388;      // MS_VC_EXCEPTION
constexpr std::uint64_t kSyscallStubMovSize = 3;           // mov r10, rcx
constexpr std::uint16_t kLongestCriticalErrorText = 36;    // "Critical error detected c0000374\n", line ends and zero
constexpr std::string_view kCriticalErrorText = "Critical error detected";

Address to_address(const void* pointer) {
  return {reinterpret_cast<std::uintptr_t>(pointer)};
}

Thread new_thread(std::uint32_t tid, HANDLE handle, const void* teb) {
  Thread thread;
  thread.tid = tid;
  thread.handle = handle;
  thread.teb = to_address(teb);
  return thread;
}

bool is_breakpoint(std::uint32_t code) {
  return code == kBreakpointCode || code == kWx86BreakpointCode;
}

// The path behind a file handle without its drive: one system call, where the full path needs several.
std::string file_name_behind(HANDLE file) {
  struct {
    FILE_NAME_INFO info;
    std::array<wchar_t, MAX_PATH * 2> rest;
  } buffer{};
  if (file == nullptr || GetFileInformationByHandleEx(file, FileNameInfo, &buffer, sizeof buffer) == 0) {
    return {};
  }
  const std::size_t length = std::min<std::size_t>(buffer.info.FileNameLength / sizeof(wchar_t), buffer.rest.size());
  const std::wstring_view path(static_cast<const wchar_t*>(buffer.info.FileName), length);
  return to_utf8(path.substr(path.find_last_of(L'\\') + 1));
}

bool lies_in_ntdll(Process& process, Address address) {
  const auto module = module_at(process, address);
  return module && !watched_functions(module->name).empty() &&
         watched_functions(module->name).front().purpose == WatchPurpose::kTerminateProcess;
}

}  // namespace

Session::Session(const LaunchRequest& request, const CrashPolicy& policy, HANDLE wake)
    : policy_(policy), started_(Clock::now()), launched_(launch(request)), wake_(wake), port_(wake) {}

Session::~Session() {
  try {
    constexpr auto kLastGrace = std::chrono::seconds(2);
    kill_tree(1);
    const auto deadline = Clock::now() + kLastGrace;
    ignore_wake();
    while (std::holds_alternative<Event>(next(deadline))) {
    }
  } catch (const std::exception&) {
    // Nothing more can be done for it here; closing the job ends what is left.
  }
}

Step Session::next(std::optional<Clock::time_point> deadline) {
  for (;;) {
    resume_pending();
    if (root_seen_ && tree_.living() == 0) {
      if (auto step = wait_for_escaped(deadline)) {
        return *step;
      }
      continue;
    }
    switch (port_.wait(deadline)) {
      case WaitResult::kDeadline:
        return DeadlinePassed{};
      case WaitResult::kWoken:
        return Woken{};
      case WaitResult::kEvent:
        break;
    }
    pending_status_ = DBG_CONTINUE;
    if (auto event = translate(port_.event())) {
      return *event;
    }
  }
}

void Session::end_process(Process& process, std::uint32_t status) {
  if (process.alive()) {
    process.exit_request = ExitRequest::kByCatcher;
    TerminateProcess(process.handle, status);
  }
}

void Session::kill_tree(std::uint32_t status) {
  killing_ = true;
  auto& processes = tree_.processes();
  std::for_each(processes.rbegin(), processes.rend(), [&](Process& process) { end_process(process, status); });
  if (launched_.job) {
    launched_.job->terminate(status);
  }
}

void Session::ignore_wake() noexcept {
  wake_ = nullptr;
  port_.ignore_wake();
}

void Session::resume_pending() {
  if (!pending_status_) {
    return;
  }
  const DEBUG_EVENT& raw = port_.event();
  port_.resume(*pending_status_);
  pending_status_.reset();
  // Only now are the handles of what has ended closed by the OS.
  Process* process = tree_.find(raw.dwProcessId);
  if (process == nullptr) {
    return;
  }
  if (raw.dwDebugEventCode == EXIT_THREAD_DEBUG_EVENT) {
    process->threads.erase(raw.dwThreadId);
  } else if (raw.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
    process->handle = nullptr;
    process->memory = ProcessMemory(nullptr);
    process->threads.clear();
  }
}

std::optional<Event> Session::translate(const DEBUG_EVENT& raw) {
  if (raw.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
    return on_process_created(raw);
  }
  Process* process = tree_.find(raw.dwProcessId);
  if (process == nullptr) {
    return std::nullopt;  // left over from an earlier run on this thread
  }
  Event event{process, process->find_thread(raw.dwThreadId), raw.dwThreadId, {}};
  switch (raw.dwDebugEventCode) {
    case EXCEPTION_DEBUG_EVENT:
      return on_exception(*process, raw);
    case CREATE_THREAD_DEBUG_EVENT:
      event.thread = &(process->threads[raw.dwThreadId] = new_thread(raw.dwThreadId, raw.u.CreateThread.hThread,
                                                                     raw.u.CreateThread.lpThreadLocalBase));
      event.body = ThreadStarted{};
      break;
    case EXIT_THREAD_DEBUG_EVENT:
      event.body = ThreadEnded{raw.u.ExitThread.dwExitCode};
      break;
    case EXIT_PROCESS_DEBUG_EVENT:
      process->ended = Clock::now();
      process->exit_status = raw.u.ExitProcess.dwExitCode;
      event.body = ProcessEnded{raw.u.ExitProcess.dwExitCode};
      break;
    case LOAD_DLL_DEBUG_EVENT:
      on_module_loaded(*process, raw.u.LoadDll);
      event.body = ModuleLoaded{to_address(raw.u.LoadDll.lpBaseOfDll)};
      break;
    case UNLOAD_DLL_DEBUG_EVENT: {
      const Address base = to_address(raw.u.UnloadDll.lpBaseOfDll);
      std::erase_if(process->modules, [base](const Module& module) { return module.base == base; });
      event.body = ModuleUnloaded{base};
      break;
    }
    case OUTPUT_DEBUG_STRING_EVENT: {
      const auto& info = raw.u.DebugString;
      const DebugString text{to_address(info.lpDebugStringData), info.nDebugStringLength, info.fUnicode != 0};
      note_critical_error(*process, event.thread, text);
      event.body = text;
      break;
    }
    case RIP_EVENT:
      event.body = SystemError{raw.u.RipInfo.dwError, raw.u.RipInfo.dwType};
      break;
    default:
      return std::nullopt;
  }
  return event;
}

Event Session::on_process_created(const DEBUG_EVENT& raw) {
  const CREATE_PROCESS_DEBUG_INFO& info = raw.u.CreateProcessInfo;
  const UniqueFile image(
      info.hFile);  // ours to close, unlike hProcess and hThread, which the OS closes at the exit events
  Process fresh;
  fresh.pid = raw.dwProcessId;
  fresh.handle = info.hProcess;
  fresh.memory = ProcessMemory(info.hProcess);
  fresh.image_base = to_address(info.lpBaseOfImage);
  fresh.started = Clock::now();
  describe_process(fresh);
  if (fresh.image.empty()) {
    fresh.image = file_name_behind(image.get());
  }
  fresh.modules.push_back({fresh.image_base, 0, 0, fresh.state.bits == 64, fresh.image, file_name_of(fresh.image)});
  fresh.threads[raw.dwThreadId] = new_thread(raw.dwThreadId, info.hThread, info.lpThreadLocalBase);
  root_seen_ = true;
  Process& process = tree_.add(std::move(fresh));
  if (killing_) {
    end_process(process, 1);
  }
  return {&process, process.find_thread(raw.dwThreadId), raw.dwThreadId, ProcessStarted{}};
}

void Session::on_module_loaded(Process& process, const LOAD_DLL_DEBUG_INFO& info) {
  const UniqueFile file(info.hFile);  // ours to close; NULL where the OS could not open it
  const Module& module =
      process.modules.emplace_back(Module{to_address(info.lpBaseOfDll), 0, 0, true, {}, file_name_behind(file.get())});
  if (!killing_) {
    arm(process, module);
  }
}

void Session::arm(Process& process, const Module& module) {
  for (const WatchedFunction& watched : watched_functions(module.name)) {
    if (watched.purpose == WatchPurpose::kTerminateProcess) {
      // A 32-bit process has two ntdlls; every end goes through the 64-bit one.
      const auto headers = read_image_headers(process.memory, module.base);
      if (!headers || headers->is_64_bit != (sizeof(void*) == 8)) {
        continue;
      }
    }
    if (const auto at = find_export(process.memory, module.base, watched.name)) {
      process.breakpoints.set(process.memory, *at, watched.purpose);
    }
  }
}

Event Session::on_exception(Process& process, const DEBUG_EVENT& raw) {
  const EXCEPTION_RECORD& record = raw.u.Exception.ExceptionRecord;
  Thread* thread = process.find_thread(raw.dwThreadId);
  const bool first = raw.u.Exception.dwFirstChance != 0;
  if (first && is_breakpoint(record.ExceptionCode)) {
    if (auto reached = on_own_breakpoint(process, thread, record)) {
      return *reached;
    }
  }
  ExceptionRaised raised;
  raised.code = record.ExceptionCode;
  raised.flags = record.ExceptionFlags;
  raised.address = to_address(record.ExceptionAddress);
  raised.chance = first ? Chance::kFirst : Chance::kSecond;
  const auto count = std::min<DWORD>(record.NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS);
  std::copy_n(std::begin(record.ExceptionInformation), count, std::back_inserter(raised.parameters));

  ExceptionFacts facts{raised.code, raised.chance, false, false};
  if (thread != nullptr && thread->critical_error_announced) {
    facts.critical_error_announced = true;
    facts.in_ntdll = is_breakpoint(raised.code) && lies_in_ntdll(process, raised.address);
    thread->critical_error_announced = false;
  }
  raised.action = decide(facts, process.state, policy_);
  if (raised.action.disposition == Disposition::kLoaderBreakpoint) {
    process.state.loader_breakpoint_seen = true;
  } else if (raised.action.disposition == Disposition::kWow64LoaderBreakpoint) {
    process.state.wow64_breakpoint_seen = true;
  }
  if (raised.code == kThreadNameCode) {
    note_thread_name(process, raised);
  }
  pending_status_ = raised.action.status == ContinueStatus::kContinue ? DBG_CONTINUE : DBG_EXCEPTION_NOT_HANDLED;
  return {&process, thread, raw.dwThreadId, std::move(raised)};
}

std::optional<Event> Session::on_own_breakpoint(Process& process, Thread* thread, const EXCEPTION_RECORD& record) {
  const Address at = to_address(record.ExceptionAddress);
  const Breakpoint* breakpoint = process.breakpoints.find(at);
  if (breakpoint == nullptr || thread == nullptr) {
    return std::nullopt;
  }
  WatchedFunctionReached reached{breakpoint->purpose, at, 0, 0, {}};
  const bool wow64_code = process.state.bits == 32 && sizeof(void*) == 8 && at.value <= 0xFFFFFFFF;
  auto context = ThreadContext::read(thread->handle, wow64_code);
  const bool emulate = breakpoint->step_over == StepOver::kEmulate;
  if (context) {
    reached.process_handle = context->first_argument();
    reached.exit_status = static_cast<std::uint32_t>(context->second_argument());
    reached.assertion = read_assertion(process.memory, reached.purpose, *context, wow64_code);
    context->set_instruction_pointer(emulate ? at + kSyscallStubMovSize : at);
    if (emulate) {
      context->copy_rcx_to_r10();
    }
    context->write(thread->handle);
  }
  if (!emulate) {
    process.breakpoints.remove(process.memory, at);
  }
  if (reached.purpose == WatchPurpose::kTerminateProcess) {
    note_exit_request(process, reached);
  }
  return Event{&process, thread, thread->tid, reached};
}

// THREADNAME_INFO of "How to: Set a Thread Name in Native Code" (Microsoft Learn): {0x1000, name, thread id or -1,
// flags}. Compiled with pack(8) its four fields take three words of a 64-bit record, so that the id shares one with the
// flags.
void Session::note_thread_name(Process& process, const ExceptionRaised& raised) {
  constexpr std::uint64_t kNameType = 0x1000;
  constexpr std::size_t kLongestName = 256;
  if (raised.parameters.size() < 3 || raised.parameters[0] != kNameType) {
    return;
  }
  std::array<char, kLongestName> text{};
  const std::size_t got = process.memory.read(Address{raised.parameters[1]},
                                              std::as_writable_bytes(std::span(text)).first(text.size() - 1));
  const auto id = static_cast<std::uint32_t>(raised.parameters[2]);
  constexpr std::uint32_t kCallingThread = 0xFFFFFFFF;
  if (Thread* named = process.find_thread(id == kCallingThread ? port_.event().dwThreadId : id);
      named != nullptr && got > 0) {
    named->name = text.data();
  }
}

void Session::note_exit_request(Process& process, const WatchedFunctionReached& reached) {
  constexpr auto kCurrentProcess = ~std::uint64_t{0};
  const auto note = [](Process& target, ExitRequest request) {
    if (target.exit_request == ExitRequest::kNone) {
      target.exit_request = request;
    }
  };
  if (reached.process_handle == 0) {
    note(process, ExitRequest::kExitCall);
    return;
  }
  if (reached.process_handle == kCurrentProcess) {
    note(process, ExitRequest::kOwnHand);
    return;
  }
  HANDLE duplicate = nullptr;
  const auto remote = reinterpret_cast<HANDLE>(static_cast<std::uintptr_t>(reached.process_handle));
  if (DuplicateHandle(process.handle, remote, GetCurrentProcess(), &duplicate, PROCESS_QUERY_LIMITED_INFORMATION, FALSE,
                      0) == 0) {
    return;
  }
  const UniqueHandle target_handle(duplicate);
  if (Process* target = tree_.find(GetProcessId(target_handle.get()))) {
    note(*target, target == &process ? ExitRequest::kOwnHand : ExitRequest::kByTree);
  }
}

void Session::note_critical_error(Process& process, Thread* thread, const DebugString& text) {
  if (thread == nullptr || text.bytes > kLongestCriticalErrorText * (text.is_unicode ? 2 : 1) ||
      text.bytes < kCriticalErrorText.size()) {
    return;
  }
  std::array<std::byte, kCriticalErrorText.size() * sizeof(wchar_t)> bytes{};
  const std::size_t width = text.is_unicode ? sizeof(wchar_t) : 1;
  if (process.memory.read(text.text, std::span(bytes).first(kCriticalErrorText.size() * width)) !=
      kCriticalErrorText.size() * width) {
    return;
  }
  bool same = true;
  for (std::size_t i = 0; i < kCriticalErrorText.size(); ++i) {
    same = same && bytes[i * width] == static_cast<std::byte>(kCriticalErrorText[i]);
  }
  thread->critical_error_announced = same;
}

std::optional<Step> Session::wait_for_escaped(std::optional<Clock::time_point> deadline) {
  if (!launched_.job) {
    return TreeEnded{};
  }
  for (const std::uint32_t pid : launched_.job->process_ids()) {
    // Debugged by another debugger of the tree, or started past us: no events, but still part of the tree.
    const UniqueHandle process(OpenProcess(SYNCHRONIZE, FALSE, pid));
    if (!process) {
      continue;
    }
    const std::array<HANDLE, 2> handles{process.get(), wake_};
    DWORD left = INFINITE;
    if (deadline) {
      left = static_cast<DWORD>(std::clamp<long long>(
          std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count(), 0, INFINITE - 1));
    }
    switch (WaitForMultipleObjects(wake_ != nullptr ? 2 : 1, handles.data(), FALSE, left)) {
      case WAIT_TIMEOUT:
        return DeadlinePassed{};
      case WAIT_OBJECT_0 + 1:
        return Woken{};
      default:
        return std::nullopt;
    }
  }
  return TreeEnded{};
}

}  // namespace catcher
