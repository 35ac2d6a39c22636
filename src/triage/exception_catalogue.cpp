#include "triage/exception_catalogue.h"

#include "triage/status_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace catcher {

namespace {

// A fault of the processor that is on the list of --first-chance: programs rarely cause it on purpose.
constexpr ExceptionRow serious_fault(std::uint32_t code, std::string_view name, std::string_view meaning,
                                     ExitCode exit) {
  return {code, name, meaning, exit, true, true};
}

// A fault of the processor that programs also use in normal work.
constexpr ExceptionRow fault(std::uint32_t code, std::string_view name, std::string_view meaning, ExitCode exit) {
  return {code, name, meaning, exit, false, true};
}

// Raised by software: RaiseException, RtlRaiseStatus, the kernel on behalf of a call.
constexpr ExceptionRow raised(std::uint32_t code, std::string_view name, std::string_view meaning,
                              ExitCode exit = ExitCode::kCrashOther) {
  return {code, name, meaning, exit, false, false};
}

constexpr ExitCode kIllegal = ExitCode::kCrashIllegal;
constexpr ExitCode kTrap = ExitCode::kCrashTrap;
constexpr ExitCode kAbort = ExitCode::kCrashAbort;
constexpr ExitCode kBus = ExitCode::kCrashBus;
constexpr ExitCode kArithmetic = ExitCode::kCrashArithmetic;
constexpr ExitCode kMemory = ExitCode::kCrashMemoryAccess;

constexpr std::array kRows = {
    // Memory, instructions and arithmetic: winnt.h.
    serious_fault(0xC0000005, "EXCEPTION_ACCESS_VIOLATION", "access violation", kMemory),
    serious_fault(0xC000008C, "EXCEPTION_ARRAY_BOUNDS_EXCEEDED", "array bounds exceeded", kMemory),
    serious_fault(0xC00000FD, "EXCEPTION_STACK_OVERFLOW", "stack overflow", kMemory),
    fault(0x80000001, "EXCEPTION_GUARD_PAGE", "access to a guard page", kMemory),
    serious_fault(0x80000002, "EXCEPTION_DATATYPE_MISALIGNMENT", "misaligned access", kBus),
    serious_fault(0xC0000006, "EXCEPTION_IN_PAGE_ERROR", "a page could not be read from its file", kBus),
    serious_fault(0xC000001D, "EXCEPTION_ILLEGAL_INSTRUCTION", "illegal instruction", kIllegal),
    serious_fault(0xC0000096, "EXCEPTION_PRIV_INSTRUCTION", "privileged instruction", kIllegal),
    fault(0xC000001E, "STATUS_INVALID_LOCK_SEQUENCE", "invalid lock prefix", kIllegal),
    fault(0x80000003, "EXCEPTION_BREAKPOINT", "breakpoint", kTrap),
    fault(0x80000004, "EXCEPTION_SINGLE_STEP", "single step or hardware breakpoint", kTrap),
    fault(0x4000001F, "STATUS_WX86_BREAKPOINT", "breakpoint of a 32-bit program", kTrap),
    fault(0x4000001E, "STATUS_WX86_SINGLE_STEP", "single step of a 32-bit program", kTrap),
    fault(0xC0000420, "STATUS_ASSERTION_FAILURE", "assertion failed (NT_ASSERT)", kTrap),
    fault(0xC0000094, "EXCEPTION_INT_DIVIDE_BY_ZERO", "integer division by zero", kArithmetic),
    fault(0xC0000095, "EXCEPTION_INT_OVERFLOW", "integer overflow", kArithmetic),
    fault(0xC000008D, "EXCEPTION_FLT_DENORMAL_OPERAND", "denormal floating-point operand", kArithmetic),
    fault(0xC000008E, "EXCEPTION_FLT_DIVIDE_BY_ZERO", "floating-point division by zero", kArithmetic),
    fault(0xC000008F, "EXCEPTION_FLT_INEXACT_RESULT", "inexact floating-point result", kArithmetic),
    fault(0xC0000090, "EXCEPTION_FLT_INVALID_OPERATION", "invalid floating-point operation", kArithmetic),
    fault(0xC0000091, "EXCEPTION_FLT_OVERFLOW", "floating-point overflow", kArithmetic),
    fault(0xC0000092, "EXCEPTION_FLT_STACK_CHECK", "floating-point stack overflow or underflow", kArithmetic),
    fault(0xC0000093, "EXCEPTION_FLT_UNDERFLOW", "floating-point underflow", kArithmetic),
    fault(0xC00002B4, "STATUS_FLOAT_MULTIPLE_FAULTS", "several floating-point faults", kArithmetic),
    fault(0xC00002B5, "STATUS_FLOAT_MULTIPLE_TRAPS", "several floating-point traps", kArithmetic),
    fault(0xC00002C9, "STATUS_REG_NAT_CONSUMPTION", "speculative register consumed", kIllegal),

    // The process gave up, or the system found it damaged.
    raised(0xC0000409, "STATUS_STACK_BUFFER_OVERRUN", "fail fast", kAbort),
    raised(0xC0000374, "STATUS_HEAP_CORRUPTION", "heap corruption", kAbort),
    raised(0xC0000602, "STATUS_FAIL_FAST_EXCEPTION", "fail fast (RaiseFailFastException)", kAbort),
    raised(0xC0000417, "STATUS_INVALID_CRUNTIME_PARAMETER", "invalid parameter to a C runtime function", kAbort),
    raised(0x40000015, "STATUS_FATAL_APP_EXIT", "fatal application exit", kAbort),
    raised(0xC000041D, "STATUS_FATAL_USER_CALLBACK_EXCEPTION", "unhandled exception in a window callback", kAbort),
    raised(0xC000027B, "STATUS_STOWED_EXCEPTION", "unhandled Windows Runtime exception", kAbort),
    raised(0xC0000421, "STATUS_VERIFIER_STOP", "Application Verifier stop", kAbort),
    raised(0xC00001A5, "STATUS_INVALID_EXCEPTION_HANDLER", "exception handler chain is damaged", kAbort),
    raised(0xC0000144, "STATUS_UNHANDLED_EXCEPTION", "unhandled exception", kAbort),

    // Exception handling itself.
    raised(0xC0000025, "EXCEPTION_NONCONTINUABLE_EXCEPTION", "continued after a noncontinuable exception"),
    raised(0xC0000026, "EXCEPTION_INVALID_DISPOSITION", "exception handler gave an invalid disposition"),
    raised(0xC0000027, "STATUS_UNWIND", "unwind in progress"),
    raised(0xC0000028, "STATUS_BAD_STACK", "invalid or misaligned stack during unwinding"),
    raised(0xC0000029, "STATUS_INVALID_UNWIND_TARGET", "invalid unwind target"),
    raised(0xC00000FF, "STATUS_BAD_FUNCTION_TABLE", "invalid function table"),
    raised(0x80000026, "STATUS_LONGJUMP", "longjmp"),
    raised(0x80000029, "STATUS_UNWIND_CONSOLIDATE", "frame consolidation"),

    // Calls that report an error by an exception.
    raised(0xC0000008, "EXCEPTION_INVALID_HANDLE", "invalid handle"),
    raised(0xC0000235, "STATUS_HANDLE_NOT_CLOSABLE", "a protected handle was closed"),
    raised(0xC0000194, "EXCEPTION_POSSIBLE_DEADLOCK", "possible deadlock"),
    raised(0xC0000264, "STATUS_RESOURCE_NOT_OWNED", "a lock was released by a thread that does not own it"),
    raised(0xC0000017, "STATUS_NO_MEMORY", "out of memory"),
    raised(0xC0000354, "STATUS_DEBUGGER_INACTIVE", "no debugger is active"),
    raised(0xC000071C, "STATUS_INVALID_THREAD", "invalid thread"),
    raised(0xC000070A, "STATUS_THREADPOOL_HANDLE_EXCEPTION", "thread pool wait on an invalid handle"),
    raised(0xC0150010, "STATUS_SXS_INVALID_DEACTIVATION", "activation context popped out of order"),
    raised(0xC015000F, "STATUS_SXS_EARLY_DEACTIVATION", "activation context popped too early"),
    raised(0x000006BA, "RPC_S_SERVER_UNAVAILABLE", "the RPC server is unavailable"),
    raised(0x000006A6, "RPC_S_INVALID_BINDING", "invalid RPC binding"),

    // Notifications to a debugger.
    raised(0x40000005, "STATUS_SEGMENT_NOTIFICATION", "segment notification"),
    raised(0x40010003, "DBG_TERMINATE_THREAD", "debugger terminated the thread"),
    raised(0x40010004, "DBG_TERMINATE_PROCESS", "debugger terminated the process"),
    raised(0x40010005, "DBG_CONTROL_C", "Ctrl-C"),
    raised(0x40010006, "DBG_PRINTEXCEPTION_C", "debug string"),
    raised(0x40010007, "DBG_RIPEXCEPTION", "debugger RIP"),
    raised(0x40010008, "DBG_CONTROL_BREAK", "Ctrl-Break"),
    raised(0x40010009, "DBG_COMMAND_EXCEPTION", "debugger command"),
    raised(0x4001000A, "DBG_PRINTEXCEPTION_WIDE_C", "debug string"),
    raised(0x406D1388, "MS_VC_EXCEPTION", "thread name or run-time check (MSVC)"),
    raised(0x04242420, "CLRDBG_NOTIFICATION_EXCEPTION_CODE", "CLR debugger notification"),
    raised(0x40080201, "EXCEPTION_RO_ORIGINATEERROR", "Windows Runtime error originated"),
    raised(0x40080202, "EXCEPTION_RO_TRANSFORMERROR", "Windows Runtime error transformed"),

    // Language runtimes: an exception of theirs that reaches the debugger's second chance was not caught.
    raised(0xE06D7363, "EH_EXCEPTION_NUMBER", "C++ exception (MSVC)", kAbort),
    raised(0x20474343, "STATUS_GCC_THROW", "C++ exception (GCC)", kAbort),
    raised(0x21474343, "STATUS_GCC_UNWIND", "C++ unwind (GCC)", kAbort),
    raised(0x22474343, "STATUS_GCC_FORCED", "forced unwind (GCC)", kAbort),
    raised(0xE0434352, "EXCEPTION_COMPLUS", ".NET exception", kAbort),
    raised(0xE0434F4D, "EXCEPTION_COMPLUS_V2", ".NET exception (CLR 1 and 2)", kAbort),
    raised(0x04040400, "STATUS_REDHAWK_EXCEPTION", ".NET Native exception", kAbort),
    raised(0x0EEDFADE, "cDelphiException", "Delphi or C++Builder exception", kAbort),
    raised(0xC06D007E, "DELAYLOAD_MODULE_NOT_FOUND", "delay-loaded DLL not found"),
    raised(0xC06D007F, "DELAYLOAD_PROC_NOT_FOUND", "delay-loaded function not found"),
    raised(0xE073616E, "EH_SANITIZER", "sanitizer report", kAbort),
    raised(0xE073616F, "EH_SANITIZER_ASAN", "AddressSanitizer report", kAbort),
    raised(0xE0736170, "SANITIZER_SEH_VS_ENLIGHTEN", "AddressSanitizer greets a debugger"),
    raised(0xE0736171, "SANITIZER_SEH_VS_RAW_THROWN", "first-chance access violation under AddressSanitizer", kMemory),
    raised(0xE0736172, "SANITIZER_SEH_VS_REAL_AV_THROWN", "access violation under AddressSanitizer", kMemory),
    raised(0xE0000008, "CHROMIUM_OOM", "out of memory (Chromium)", kAbort),
    raised(0x0517A7ED, "CRASHPAD_SIMULATED", "simulated exception (Crashpad)"),
    raised(0x80000100, "EXCEPTION_WINE_STUB", "call of an unimplemented function"),
    raised(0x80000101, "EXCEPTION_WINE_ASSERTION", "assertion failed", kTrap),
};

constexpr bool codes_and_names_are_unique() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    for (std::size_t j = i + 1; j < kRows.size(); ++j) {
      if (kRows[i].code == kRows[j].code || kRows[i].name == kRows[j].name) {
        return false;
      }
    }
  }
  return true;
}
static_assert(codes_and_names_are_unique());

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr std::array<std::string_view, 3> kPrefixes = {"EXCEPTION_", "STATUS_", "DBG_"};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, upper, upper);
}

// True when `text` is the name, with or without the prefix that says only what kind of code it is.
bool is_name(std::string_view text, std::string_view name) {
  if (same_ignoring_case(text, name)) {
    return true;
  }
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) {
    return name.starts_with(prefix) && same_ignoring_case(text, name.substr(prefix.size()));
  });
}

// PowerShell and cmd show an NTSTATUS as a negative number.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  text.remove_prefix(negative ? 1 : hexadecimal ? 2 : 0);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size() || (negative && number > 0x80000000)) {
    return std::nullopt;
  }
  return negative ? 0U - number : number;
}

}  // namespace

std::span<const ExceptionRow> exception_rows() {
  return kRows;
}

const ExceptionRow* find_exception(std::uint32_t code) {
  const auto row = std::ranges::find(kRows, code, &ExceptionRow::code);
  return row == kRows.end() ? nullptr : &*row;
}

std::string exception_name(std::uint32_t code) {
  if (const ExceptionRow* row = find_exception(code)) {
    return std::string(row->name);
  }
  // RtlRaiseStatus makes an exception out of any NTSTATUS.
  if (const auto name = status_name(code)) {
    return std::string(*name);
  }
  return fmt::format("0x{:08X}", code);
}

ExitCode exit_code_of_exception(std::uint32_t code) {
  const ExceptionRow* row = find_exception(code);
  return row == nullptr ? ExitCode::kCrashOther : row->exit_code;
}

std::optional<std::uint32_t> parse_exception_code(std::string_view text) {
  if (const auto number = parse_number(text)) {
    return number;
  }
  for (const ExceptionRow& row : kRows) {
    if (is_name(text, row.name)) {
      return row.code;
    }
  }
  for (const StatusRow& row : status_rows()) {
    if (is_name(text, row.name)) {
      return row.status;
    }
  }
  return std::nullopt;
}

}  // namespace catcher
