#include "triage/skipped_frames.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace catcher {

namespace {

constexpr std::string_view kSystem = "part of Windows: differs between its versions";
constexpr std::string_view kRuntime = "runtime library: differs between its versions";
constexpr std::string_view kStart = "the way from the system to main()";
constexpr std::string_view kRaise = "the way from the fault to the debugger";
constexpr std::string_view kAllocate = "allocation: whoever called it is meant";
constexpr std::string_view kCopy = "copying: whoever called it is meant";
constexpr std::string_view kStandard = "standard library: inlined or not by the optimiser's whim";
constexpr std::string_view kChecks = "a check's own code";

constexpr std::array kTable = {
    SkippedFrame{"ntdll", "*", kSystem},
    SkippedFrame{"kernel32", "*", kSystem},
    SkippedFrame{"kernelbase", "*", kSystem},
    SkippedFrame{"wow64*", "*", kSystem},
    SkippedFrame{"win32u", "*", kSystem},
    SkippedFrame{"msvcrt*", "*", kRuntime},
    SkippedFrame{"ucrtbase*", "*", kRuntime},
    SkippedFrame{"msvcr1*", "*", kRuntime},
    SkippedFrame{"msvcp*", "*", kRuntime},
    SkippedFrame{"vcruntime*", "*", kRuntime},
    SkippedFrame{"libgcc_s*", "*", kRuntime},
    SkippedFrame{"libstdc++*", "*", kRuntime},
    SkippedFrame{"libc++*", "*", kRuntime},
    SkippedFrame{"libunwind*", "*", kRuntime},
    SkippedFrame{"libwinpthread*", "*", kRuntime},
    SkippedFrame{"verifier", "*", kChecks},
    SkippedFrame{"vrfcore", "*", kChecks},
    SkippedFrame{"vfbasics", "*", kChecks},
    SkippedFrame{"clang_rt.asan*", "*", kChecks},
    SkippedFrame{"*", "*mainCRTStartup", kStart},
    SkippedFrame{"*", "__scrt_*", kStart},
    SkippedFrame{"*", "invoke_main", kStart},
    SkippedFrame{"*", "BaseThreadInit*Thunk", kStart},
    SkippedFrame{"*", "*RtlUserThreadStart", kStart},
    SkippedFrame{"*", "*threadstart*thunk", kStart},
    SkippedFrame{"*", "_beginthreadex", kStart},
    SkippedFrame{"*", "pthread_create_wrapper", kStart},
    SkippedFrame{"*", "*RaiseException", kRaise},
    SkippedFrame{"*", "*UserExceptionDispatch*", kRaise},
    SkippedFrame{"*", "_CxxThrowException", kRaise},
    SkippedFrame{"*", "__cxa_*", kRaise},
    SkippedFrame{"*", "__cxxabiv1::*", kRaise},
    SkippedFrame{"*", "_Unwind_*", kRaise},
    SkippedFrame{"*", "_GCC_specific_handler", kRaise},
    SkippedFrame{"*", "__gxx_personality*", kRaise},
    SkippedFrame{"*", "__gnu_cxx::*", kStandard},
    SkippedFrame{"*", "std::*", kStandard},
    SkippedFrame{"*", "core::panicking::*", kRaise},
    SkippedFrame{"*", "rust_begin_unwind", kRaise},
    SkippedFrame{"*", "rust_panic*", kRaise},
    SkippedFrame{"*", "abort", kRaise},
    SkippedFrame{"*", "raise", kRaise},
    SkippedFrame{"*", "terminate", kRaise},
    SkippedFrame{"*", "exit", kRaise},
    SkippedFrame{"*", "_exit", kRaise},
    SkippedFrame{"*", "*assert", kChecks},
    SkippedFrame{"*", "__assert_*", kChecks},
    SkippedFrame{"*", "*invalid_parameter*", kChecks},
    SkippedFrame{"*", "*purecall", kChecks},
    SkippedFrame{"*", "__fastfail", kChecks},
    SkippedFrame{"*", "__report_*failure*", kChecks},
    SkippedFrame{"*", "__security_check_cookie", kChecks},
    SkippedFrame{"*", "__stack_chk_fail*", kChecks},
    SkippedFrame{"*", "*guard_dispatch_icall*", kChecks},
    SkippedFrame{"*", "*guard_check_icall*", kChecks},
    SkippedFrame{"*", "*chkstk*", kChecks},
    SkippedFrame{"*", "_RTC_*", kChecks},
    SkippedFrame{"*", "__asan_*", kChecks},
    SkippedFrame{"*", "__asan::*", kChecks},
    SkippedFrame{"*", "__sanitizer*", kChecks},
    SkippedFrame{"*", "__interceptor_*", kChecks},
    SkippedFrame{"*", "__ubsan*", kChecks},
    SkippedFrame{"*", "malloc", kAllocate},
    SkippedFrame{"*", "_malloc*", kAllocate},
    SkippedFrame{"*", "calloc", kAllocate},
    SkippedFrame{"*", "realloc", kAllocate},
    SkippedFrame{"*", "free", kAllocate},
    SkippedFrame{"*", "_free*", kAllocate},
    SkippedFrame{"*", "operator new*", kAllocate},
    SkippedFrame{"*", "operator delete*", kAllocate},
    SkippedFrame{"*", "memcpy*", kCopy},
    SkippedFrame{"*", "memmove*", kCopy},
    SkippedFrame{"*", "memset*", kCopy},
    SkippedFrame{"*", "memcmp", kCopy},
    SkippedFrame{"*", "memchr", kCopy},
    SkippedFrame{"*", "strlen", kCopy},
    SkippedFrame{"*", "strnlen", kCopy},
    SkippedFrame{"*", "strcpy", kCopy},
    SkippedFrame{"*", "strncpy", kCopy},
    SkippedFrame{"*", "strcat", kCopy},
    SkippedFrame{"*", "strcmp", kCopy},
    SkippedFrame{"*", "strncmp", kCopy},
    SkippedFrame{"*", "strchr", kCopy},
    SkippedFrame{"*", "strstr", kCopy},
    SkippedFrame{"*", "wcslen", kCopy},
    SkippedFrame{"*", "wcscpy", kCopy},
    SkippedFrame{"*", "wcscmp", kCopy},
};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last * and where the text it stands for began
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::span<const SkippedFrame> skipped_frames() {
  return kTable;
}

bool is_skipped_frame(std::string_view module, std::string_view function) {
  return std::ranges::any_of(kTable, [&](const SkippedFrame& row) {
    return matches_pattern(row.module, module) && matches_pattern(row.function, function);
  });
}

}  // namespace catcher
