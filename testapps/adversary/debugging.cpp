// Looks for a debugger, hides from it, and debugs on its own.

#include "behaviors.h"
#include "own_blocks.h"

#include <windows.h>

#include <tlhelp32.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace adversary {
namespace {

constexpr DWORD kCannot = 3;  // exit code when the system refuses what a behavior needs

template <typename Function>
Function* ntdll_function(const char* name) {
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  return reinterpret_cast<Function*>(reinterpret_cast<void*>(GetProcAddress(ntdll, name)));
}

void say(const char* what, bool seen) {
  std::printf("%s %s\n", what, seen ? "yes" : "no");
  std::fflush(stdout);
}

bool process_information_tells(ULONG which, ULONG_PTR when_alone) {
  using Query = LONG NTAPI(HANDLE, ULONG, void*, ULONG, ULONG*);
  auto* const query = ntdll_function<Query>("NtQueryInformationProcess");
  ULONG_PTR value = when_alone;
  const ULONG size = which == 31 ? sizeof(ULONG) : sizeof value;  // ProcessDebugFlags is a ULONG
  return query != nullptr && query(GetCurrentProcess(), which, &value, size, nullptr) >= 0 && value != when_alone;
}

bool exception_arrived = false;

LONG CALLBACK note_exception(EXCEPTION_POINTERS* pointers) {
  exception_arrived = true;
  constexpr DWORD kBreakpoint = 0x80000003;
  // The instruction pointer of an int 2d stands behind it already; MinGW's int3 below it needs a step.
  if (pointers->ExceptionRecord->ExceptionCode == kBreakpoint) {
#if defined(_WIN64)
    auto& at = pointers->ContextRecord->Rip;
#else
    auto& at = pointers->ContextRecord->Eip;
#endif
    if (*reinterpret_cast<const unsigned char*>(at) == 0xCC) {
      ++at;
    }
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

// True when an exception did not reach the program's own handler.
template <typename Act>
bool is_swallowed(Act act) {
  exception_arrived = false;
  void* const handler = AddVectoredExceptionHandler(1, note_exception);
  act();
  RemoveVectoredExceptionHandler(handler);
  return !exception_arrived;
}

// catcher must change nothing of what happens: each trick runs to its end, and the program goes on.
void detect_debugger(const Call&) {
  say("IsDebuggerPresent", IsDebuggerPresent() != 0);
  BOOL present = FALSE;
  CheckRemoteDebuggerPresent(GetCurrentProcess(), &present);
  say("CheckRemoteDebuggerPresent", present != 0);
  say("ProcessDebugPort", process_information_tells(7, 0));
  say("ProcessDebugObjectHandle", process_information_tells(30, 0));
  say("ProcessDebugFlags", process_information_tells(31, 1));
  const auto* const peb = reinterpret_cast<const unsigned char*>(own_teb()->ProcessEnvironmentBlock);
  say("BeingDebugged", peb[2] != 0);
  constexpr std::size_t kNtGlobalFlag = sizeof(void*) == 8 ? 0xBC : 0x68;
  say("NtGlobalFlag", (*reinterpret_cast<const DWORD*>(peb + kNtGlobalFlag) & 0x70U) != 0);
#if !defined(_MSC_VER) || defined(__clang__)
  say("INT2D", is_swallowed([] { __asm__ volatile("xor %%eax, %%eax\n\tint $0x2d\n\tnop" : : : "eax", "memory"); }));
  say("INT3", is_swallowed([] { __asm__ volatile("int3"); }));
#endif
  // The trick wants an exception where there is a debugger, and none elsewhere.
  say("CloseInvalidHandle",
      !is_swallowed([] { CloseHandle(reinterpret_cast<HANDLE>(static_cast<ULONG_PTR>(0xBADBAD0))); }));
  say("RaisedControlC", is_swallowed([] { RaiseException(0x40010005, 0, 0, nullptr); }));
}

// catcher must end with a verdict of the words after it: of a hidden thread no event ever comes.
void hide_from_debugger(const Call&) {
  using Set = LONG NTAPI(HANDLE, ULONG, void*, ULONG);
  constexpr ULONG kThreadHideFromDebugger = 17;
  if (auto* const set = ntdll_function<Set>("NtSetInformationThread")) {
    set(GetCurrentThread(), kThreadHideFromDebugger, nullptr, 0);
  }
}

std::wstring own_path() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return path;
}

// A copy of this program with these words.
PROCESS_INFORMATION start_copy(const std::wstring& words, DWORD flags) {
  std::wstring command_line = L"\"" + own_path() + L"\" " + words;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, command_line.data(), nullptr, nullptr, TRUE, flags, nullptr, nullptr, &startup,
                     &process) == 0) {
    ExitProcess(kCannot);
  }
  return process;
}

std::wstring joined(std::span<wchar_t* const> words) {
  std::wstring result;
  for (const wchar_t* const word : words) {
    result += std::wstring(word) + L" ";
  }
  return result;
}

// Until the child has ended. What it does wrong is its own affair: this debugger lets it die.
void debug_until_its_end(const PROCESS_INFORMATION& child) {
  bool loader_breakpoint = true;
  DEBUG_EVENT event{};
  while (WaitForDebugEvent(&event, INFINITE) != 0) {
    DWORD status = DBG_CONTINUE;
    if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT && !loader_breakpoint) {
      status = DBG_EXCEPTION_NOT_HANDLED;
    }
    loader_breakpoint = loader_breakpoint && event.dwDebugEventCode != EXCEPTION_DEBUG_EVENT;
    ContinueDebugEvent(event.dwProcessId, event.dwThreadId, status);
    if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT && event.dwProcessId == child.dwProcessId) {
      return;
    }
  }
}

// catcher must list the child, say that it did not debug it, and end it with the rest.
void debug_a_copy(const Call& call) {
  const PROCESS_INFORMATION child = start_copy(joined(call.rest), DEBUG_ONLY_THIS_PROCESS);
  debug_until_its_end(child);
  DWORD status = 0;
  GetExitCodeProcess(child.hProcess, &status);
  std::printf("the copy ended with 0x%08lX\n", status);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

// catcher must take no notice: whoever is debugged already cannot be debugged by somebody else.
void debug_own_parent(const Call&) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  DWORD parent = 0;
  for (BOOL more = Process32FirstW(snapshot, &entry); more != 0; more = Process32NextW(snapshot, &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId()) {
      parent = entry.th32ParentProcessID;
    }
  }
  CloseHandle(snapshot);
  std::printf("attached to the parent: %s\n", DebugActiveProcess(parent) != 0 ? "yes" : "no");
  std::fflush(stdout);
}

// catcher must see the breakpoint of a thread that somebody else made in its target.
void debug_break_from_outside(const Call&) {
  const PROCESS_INFORMATION child = start_copy(L"HANG", 0);
  WaitForInputIdle(child.hProcess, 0);
  DebugBreakProcess(child.hProcess);
  WaitForSingleObject(child.hProcess, INFINITE);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

// catcher must come to the same end whether or not this works: a debug object that is no longer wanted.
void remove_own_debugger(const Call&) {
  using Remove = LONG NTAPI(HANDLE, HANDLE);
  using Query = LONG NTAPI(HANDLE, ULONG, void*, ULONG, ULONG*);
  auto* const query = ntdll_function<Query>("NtQueryInformationProcess");
  auto* const remove = ntdll_function<Remove>("NtRemoveProcessDebug");
  HANDLE debug_object = nullptr;
  constexpr ULONG kProcessDebugObjectHandle = 30;
  if (query != nullptr && remove != nullptr &&
      query(GetCurrentProcess(), kProcessDebugObjectHandle, &debug_object, sizeof debug_object, nullptr) >= 0) {
    const bool removed = remove(GetCurrentProcess(), debug_object) >= 0;
    std::printf("removed its debugger: %s\n", removed ? "yes" : "no");
    std::fflush(stdout);
    CloseHandle(debug_object);
  }
}

constexpr std::array kTable{
    Behavior{L"DETECT_DEBUGGER", Takes::kNothing, Origin::kMixed, "all the usual tricks, one line on stdout each",
             detect_debugger},
    Behavior{L"HIDE_FROM_DEBUGGER", Takes::kNothing, Origin::kNoFault, "ThreadHideFromDebugger for this thread",
             hide_from_debugger},
    Behavior{L"REMOVE_OWN_DEBUGGER", Takes::kNothing, Origin::kNoFault, "NtRemoveProcessDebug on itself",
             remove_own_debugger},
    Behavior{L"DEBUG_A_COPY", Takes::kRest, Origin::kNoFault,
             "a copy of itself does the rest, and this process is its debugger", debug_a_copy},
    Behavior{L"DEBUG_OWN_PARENT", Takes::kNothing, Origin::kNoFault, "tries to attach to the process that started it",
             debug_own_parent},
    Behavior{L"DEBUG_BREAK_FROM_OUTSIDE", Takes::kNothing, Origin::kNoFault,
             "DebugBreakProcess on a copy of itself that hangs", debug_break_from_outside},
};

}  // namespace

std::span<const Behavior> debugging_behaviors() {
  return kTable;
}

}  // namespace adversary
