#include "triage/fast_fail_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace catcher {

namespace {

constexpr FastFailKind kCorruption = FastFailKind::kCorruption;
constexpr FastFailKind kMisuse = FastFailKind::kMisuse;
constexpr FastFailKind kDeliberate = FastFailKind::kDeliberate;
constexpr FastFailKind kPolicy = FastFailKind::kPolicy;

constexpr std::array kRows = std::to_array<FastFailRow>({
    {0, "FAST_FAIL_LEGACY_GS_VIOLATION", "stack cookie overwritten", kCorruption},
    {1, "FAST_FAIL_VTGUARD_CHECK_FAILURE", "virtual function table overwritten", kCorruption},
    {2, "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE", "stack cookie overwritten", kCorruption},
    {3, "FAST_FAIL_CORRUPT_LIST_ENTRY", "linked list corrupted", kCorruption},
    {4, "FAST_FAIL_INCORRECT_STACK", "stack pointer outside the thread's stack", kCorruption},
    {5, "FAST_FAIL_INVALID_ARG", "invalid argument to a function that cannot go on", kMisuse},
    {6, "FAST_FAIL_GS_COOKIE_INIT", "stack cookie not initialised", kMisuse},
    {7, "FAST_FAIL_FATAL_APP_EXIT", "abort() or std::terminate()", kDeliberate},
    {8, "FAST_FAIL_RANGE_CHECK_FAILURE", "array index out of range, found by the compiler's check", kMisuse},
    {9, "FAST_FAIL_UNSAFE_REGISTRY_ACCESS", "unsafe registry access", kPolicy},
    {10, "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE", "indirect call to an invalid target (control flow guard)", kCorruption},
    {11, "FAST_FAIL_GUARD_WRITE_CHECK_FAILURE", "write to an invalid target (write guard)", kCorruption},
    {12, "FAST_FAIL_INVALID_FIBER_SWITCH", "switch to an invalid fiber", kMisuse},
    {13, "FAST_FAIL_INVALID_SET_OF_CONTEXT", "invalid register context set", kCorruption},
    {14, "FAST_FAIL_INVALID_REFERENCE_COUNT", "reference count overflow or underflow", kCorruption},
    {18, "FAST_FAIL_INVALID_JUMP_BUFFER", "longjmp with an invalid buffer", kCorruption},
    {19, "FAST_FAIL_MRDATA_MODIFIED", "read-only data of the loader modified", kCorruption},
    {20, "FAST_FAIL_CERTIFICATION_FAILURE", "", kPolicy},
    {21, "FAST_FAIL_INVALID_EXCEPTION_CHAIN", "exception handler chain overwritten", kCorruption},
    {22, "FAST_FAIL_CRYPTO_LIBRARY", "self-test of a cryptographic library failed", kMisuse},
    {23, "FAST_FAIL_INVALID_CALL_IN_DLL_CALLOUT", "forbidden call from DllMain", kMisuse},
    {24, "FAST_FAIL_INVALID_IMAGE_BASE", "invalid image base", kMisuse},
    {25, "FAST_FAIL_DLOAD_PROTECTION_FAILURE", "delay-load table could not be protected", kPolicy},
    {26, "FAST_FAIL_UNSAFE_EXTENSION_CALL", "unsafe call of an extension", kPolicy},
    {27, "FAST_FAIL_DEPRECATED_SERVICE_INVOKED", "", kMisuse},
    {28, "FAST_FAIL_INVALID_BUFFER_ACCESS", "access outside a buffer", kCorruption},
    {29, "FAST_FAIL_INVALID_BALANCED_TREE", "tree corrupted", kCorruption},
    {30, "FAST_FAIL_INVALID_NEXT_THREAD", "", kMisuse},
    {31, "FAST_FAIL_GUARD_ICALL_CHECK_SUPPRESSED", "suppressed control flow guard check", kPolicy},
    {32, "FAST_FAIL_APCS_DISABLED", "", kMisuse},
    {33, "FAST_FAIL_INVALID_IDLE_STATE", "", kMisuse},
    {34, "FAST_FAIL_MRDATA_PROTECTION_FAILURE", "read-only data of the loader could not be protected", kPolicy},
    {35, "FAST_FAIL_UNEXPECTED_HEAP_EXCEPTION", "exception inside the heap", kCorruption},
    {36, "FAST_FAIL_INVALID_LOCK_STATE", "lock in an invalid state", kMisuse},
    {37, "FAST_FAIL_GUARD_JUMPTABLE", "invalid jump table (control flow guard)", kCorruption},
    {38, "FAST_FAIL_INVALID_LONGJUMP_TARGET", "longjmp to an invalid target", kCorruption},
    {39, "FAST_FAIL_INVALID_DISPATCH_CONTEXT", "invalid exception dispatch context", kCorruption},
    {40, "FAST_FAIL_INVALID_THREAD", "", kMisuse},
    {41, "FAST_FAIL_INVALID_SYSCALL_NUMBER", "", kPolicy},
    {42, "FAST_FAIL_INVALID_FILE_OPERATION", "", kMisuse},
    {43, "FAST_FAIL_LPAC_ACCESS_DENIED", "", kPolicy},
    {44, "FAST_FAIL_GUARD_SS_FAILURE", "return address overwritten (return flow guard)", kCorruption},
    {45, "FAST_FAIL_LOADER_CONTINUITY_FAILURE", "an unsigned image was refused", kPolicy},
    {46, "FAST_FAIL_GUARD_EXPORT_SUPPRESSION_FAILURE", "call of a suppressed export", kCorruption},
    {47, "FAST_FAIL_INVALID_CONTROL_STACK", "shadow stack invalid", kCorruption},
    {48, "FAST_FAIL_SET_CONTEXT_DENIED", "register context refused", kPolicy},
    {49, "FAST_FAIL_INVALID_IAT", "import table modified", kCorruption},
    {50, "FAST_FAIL_HEAP_METADATA_CORRUPTION", "heap metadata corrupted", kCorruption},
    {51, "FAST_FAIL_PAYLOAD_RESTRICTION_VIOLATION", "exploit protection", kPolicy},
    {52, "FAST_FAIL_LOW_LABEL_ACCESS_DENIED", "", kPolicy},
    {53, "FAST_FAIL_ENCLAVE_CALL_FAILURE", "enclave call failed", kMisuse},
    {54, "FAST_FAIL_UNHANDLED_LSS_EXCEPTON", "", kDeliberate},
    {55, "FAST_FAIL_ADMINLESS_ACCESS_DENIED", "", kPolicy},
    {56, "FAST_FAIL_UNEXPECTED_CALL", "", kMisuse},
    {57, "FAST_FAIL_CONTROL_INVALID_RETURN_ADDRESS", "return address overwritten (shadow stack)", kCorruption},
    {58, "FAST_FAIL_UNEXPECTED_HOST_BEHAVIOR", "", kMisuse},
    {59, "FAST_FAIL_FLAGS_CORRUPTION", "processor flags corrupted", kCorruption},
    {60, "FAST_FAIL_VEH_CORRUPTION", "vectored exception handlers corrupted", kCorruption},
    {61, "FAST_FAIL_ETW_CORRUPTION", "event tracing data corrupted", kCorruption},
    {62, "FAST_FAIL_RIO_ABORT", "", kMisuse},
    {63, "FAST_FAIL_INVALID_PFN", "", kMisuse},
    {64, "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE_XFG", "indirect call of the wrong type (control flow guard)",
     kCorruption},
    {65, "FAST_FAIL_CAST_GUARD", "invalid downcast", kCorruption},
    {66, "FAST_FAIL_HOST_VISIBILITY_CHANGE", "", kPolicy},
    {67, "FAST_FAIL_KERNEL_CET_SHADOW_STACK_ASSIST", "", kCorruption},
    {68, "FAST_FAIL_PATCH_CALLBACK_FAILED", "", kMisuse},
    {69, "FAST_FAIL_NTDLL_PATCH_FAILED", "", kMisuse},
    {70, "FAST_FAIL_INVALID_FLS_DATA", "fiber-local storage corrupted", kCorruption},
    {71, "FAST_FAIL_ASAN_ERROR", "AddressSanitizer found an error", kCorruption},
    {72, "FAST_FAIL_CLR_EXCEPTION_AOT", "unhandled .NET exception", kDeliberate},
    {73, "FAST_FAIL_POINTER_AUTH_INVALID_RETURN_ADDRESS", "return address overwritten", kCorruption},
    {74, "FAST_FAIL_INVALID_THREAD_STATE", "", kMisuse},
    {75, "FAST_FAIL_CORRUPT_WOW64_STATE", "state of a 32-bit thread corrupted", kCorruption},
    {76, "FAST_FAIL_INVALID_EXTENDED_STATE", "extended processor state invalid", kCorruption},
    {77, "FAST_FAIL_KERNEL_POINTER_EXPECTED", "", kMisuse},
    {0xFFFFFFFF, "FAST_FAIL_INVALID_FAST_FAIL_CODE", "", kMisuse},
});

}  // namespace

std::span<const FastFailRow> fast_fail_rows() {
  return kRows;
}

const FastFailRow* find_fast_fail(std::uint64_t subcode) {
  const auto row = std::ranges::find(kRows, subcode, &FastFailRow::subcode);
  return row == kRows.end() ? nullptr : &*row;
}

std::string fast_fail_name(std::uint64_t subcode) {
  const FastFailRow* row = find_fast_fail(subcode);
  return row == nullptr ? fmt::format("unknown fail-fast code {}", subcode) : std::string(row->name);
}

}  // namespace catcher
