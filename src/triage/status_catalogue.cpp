#include "triage/status_catalogue.h"

#include "triage/exception_catalogue.h"

#include <algorithm>
#include <array>

namespace catcher {

namespace {

constexpr StatusRow status(std::uint32_t code, std::string_view name, std::string_view meaning) {
  return {code, name, meaning, false};
}

constexpr StatusRow loader(std::uint32_t code, std::string_view name, std::string_view meaning) {
  return {code, name, meaning, true};
}

constexpr std::array kRows = {
    // The loader gave up.
    loader(0xC0000135, "STATUS_DLL_NOT_FOUND", "a DLL was not found"),
    loader(0xC0000138, "STATUS_ORDINAL_NOT_FOUND", "a DLL lacks an imported ordinal"),
    loader(0xC0000139, "STATUS_ENTRYPOINT_NOT_FOUND", "a DLL lacks an imported function"),
    loader(0xC0000142, "STATUS_DLL_INIT_FAILED", "a DLL refused to initialise"),
    loader(0xC000007B, "STATUS_INVALID_IMAGE_FORMAT", "an image is damaged or for another processor"),
    loader(0xC000012F, "STATUS_INVALID_IMAGE_NOT_MZ", "an image is no executable"),
    loader(0xC0000130, "STATUS_INVALID_IMAGE_PROTECT", "an image is no executable"),
    loader(0xC0000131, "STATUS_INVALID_IMAGE_WIN_16", "an image is a 16-bit program"),
    loader(0xC0000221, "STATUS_IMAGE_CHECKSUM_MISMATCH", "an image has a wrong checksum"),
    loader(0xC0000263, "STATUS_DRIVER_ENTRYPOINT_NOT_FOUND", "a driver lacks an imported function"),
    loader(0xC0000262, "STATUS_DRIVER_ORDINAL_NOT_FOUND", "a driver lacks an imported ordinal"),
    loader(0xC0000145, "STATUS_APP_INIT_FAILURE", "the application could not be initialised"),
    loader(0xC0000428, "STATUS_INVALID_IMAGE_HASH", "an image's signature is not valid"),
    loader(0xC000026E, "STATUS_VOLUME_DISMOUNTED", "the volume was dismounted"),
    loader(0xC0150002, "STATUS_SXS_CANT_GEN_ACTCTX", "the side-by-side configuration is wrong"),
    loader(0xC0150004, "STATUS_SXS_ASSEMBLY_NOT_FOUND", "a side-by-side assembly was not found"),
    loader(0xC000026B, "STATUS_DLL_INIT_FAILED_LOGOFF", "a DLL refused to initialise because of a log-off"),

    // Ended from outside.
    status(0xC000013A, "STATUS_CONTROL_C_EXIT", "ended by Ctrl-C, Ctrl-Break or console close"),
    status(0x40010004, "DBG_TERMINATE_PROCESS", "ended by a debugger"),
    status(0x40010005, "DBG_CONTROL_C", "ended by Ctrl-C"),
    status(0xC000010A, "STATUS_PROCESS_IS_TERMINATING", "the process was ending already"),
    status(0xCFFFFFFF, "STATUS_APPLICATION_HANG", "ended because it hung"),
    status(0xC000004B, "STATUS_THREAD_IS_TERMINATING", "the thread was ending already"),

    // Resources.
    status(0xC0000017, "STATUS_NO_MEMORY", "out of memory"),
    status(0xC000012D, "STATUS_COMMITMENT_LIMIT", "the page file is full"),
    status(0xC000012C, "STATUS_PAGEFILE_QUOTA_EXCEEDED", "over its page-file quota"),
    status(0xC0000044, "STATUS_QUOTA_EXCEEDED", "over a quota"),
    status(0xC000009A, "STATUS_INSUFFICIENT_RESOURCES", "out of system resources"),

    // Why a page could not be read, why a call failed.
    status(0xC0000001, "STATUS_UNSUCCESSFUL", "unsuccessful"),
    status(0xC0000002, "STATUS_NOT_IMPLEMENTED", "not implemented"),
    status(0xC000000D, "STATUS_INVALID_PARAMETER", "invalid parameter"),
    status(0xC000000E, "STATUS_NO_SUCH_DEVICE", "no such device"),
    status(0xC000000F, "STATUS_NO_SUCH_FILE", "no such file"),
    status(0xC0000010, "STATUS_INVALID_DEVICE_REQUEST", "the device cannot do that"),
    status(0xC0000011, "STATUS_END_OF_FILE", "end of file"),
    status(0xC0000022, "STATUS_ACCESS_DENIED", "access denied"),
    status(0xC0000034, "STATUS_OBJECT_NAME_NOT_FOUND", "name not found"),
    status(0xC000003A, "STATUS_OBJECT_PATH_NOT_FOUND", "path not found"),
    status(0xC0000043, "STATUS_SHARING_VIOLATION", "sharing violation"),
    status(0xC000007F, "STATUS_DISK_FULL", "disk full"),
    status(0xC000009C, "STATUS_DEVICE_DATA_ERROR", "data error on the device"),
    status(0xC000009D, "STATUS_DEVICE_NOT_CONNECTED", "device not connected"),
    status(0xC00000A3, "STATUS_DEVICE_NOT_READY", "device not ready"),
    status(0xC00000B5, "STATUS_IO_TIMEOUT", "I/O timed out"),
    status(0xC00000BE, "STATUS_BAD_NETWORK_PATH", "network path not found"),
    status(0xC00000C3, "STATUS_INVALID_NETWORK_RESPONSE", "invalid network response"),
    status(0xC00000C4, "STATUS_UNEXPECTED_NETWORK_ERROR", "network error"),
    status(0xC00000C9, "STATUS_NETWORK_NAME_DELETED", "the network share is gone"),
    status(0xC000020C, "STATUS_CONNECTION_DISCONNECTED", "connection lost"),
    status(0xC000003E, "STATUS_DATA_ERROR", "data error"),
    status(0xC0000185, "STATUS_IO_DEVICE_ERROR", "I/O error on the device"),
    status(0xC0000098, "STATUS_FILE_INVALID", "the file was changed so that it is no longer valid"),
    status(0xC0000420, "STATUS_ASSERTION_FAILURE", "assertion failed"),

    // The exceptions of winnt.h under the names that ntstatus.h has for them; the rest are in the exception table.
    status(0x80000001, "STATUS_GUARD_PAGE_VIOLATION", "access to a guard page"),
    status(0x80000002, "STATUS_DATATYPE_MISALIGNMENT", "misaligned access"),
    status(0x80000003, "STATUS_BREAKPOINT", "breakpoint"),
    status(0x80000004, "STATUS_SINGLE_STEP", "single step or hardware breakpoint"),
    status(0xC0000005, "STATUS_ACCESS_VIOLATION", "access violation"),
    status(0xC0000006, "STATUS_IN_PAGE_ERROR", "a page could not be read from its file"),
    status(0xC0000008, "STATUS_INVALID_HANDLE", "invalid handle"),
    status(0xC000001D, "STATUS_ILLEGAL_INSTRUCTION", "illegal instruction"),
    status(0xC0000025, "STATUS_NONCONTINUABLE_EXCEPTION", "continued after a noncontinuable exception"),
    status(0xC0000026, "STATUS_INVALID_DISPOSITION", "exception handler gave an invalid disposition"),
    status(0xC000008C, "STATUS_ARRAY_BOUNDS_EXCEEDED", "array bounds exceeded"),
    status(0xC000008D, "STATUS_FLOAT_DENORMAL_OPERAND", "denormal floating-point operand"),
    status(0xC000008E, "STATUS_FLOAT_DIVIDE_BY_ZERO", "floating-point division by zero"),
    status(0xC000008F, "STATUS_FLOAT_INEXACT_RESULT", "inexact floating-point result"),
    status(0xC0000090, "STATUS_FLOAT_INVALID_OPERATION", "invalid floating-point operation"),
    status(0xC0000091, "STATUS_FLOAT_OVERFLOW", "floating-point overflow"),
    status(0xC0000092, "STATUS_FLOAT_STACK_CHECK", "floating-point stack overflow or underflow"),
    status(0xC0000093, "STATUS_FLOAT_UNDERFLOW", "floating-point underflow"),
    status(0xC0000094, "STATUS_INTEGER_DIVIDE_BY_ZERO", "integer division by zero"),
    status(0xC0000095, "STATUS_INTEGER_OVERFLOW", "integer overflow"),
    status(0xC0000096, "STATUS_PRIVILEGED_INSTRUCTION", "privileged instruction"),
    status(0xC00000FD, "STATUS_STACK_OVERFLOW", "stack overflow"),
    status(0xC0000194, "STATUS_POSSIBLE_DEADLOCK", "possible deadlock"),
};

}  // namespace

std::span<const StatusRow> status_rows() {
  return kRows;
}

const StatusRow* find_status(std::uint32_t status) {
  const auto row = std::ranges::find(kRows, status, &StatusRow::status);
  return row == kRows.end() ? nullptr : &*row;
}

std::optional<std::string_view> status_name(std::uint32_t status) {
  if (const StatusRow* row = find_status(status)) {
    return row->name;
  }
  // Small numbers are ordinary exit codes, not the RPC codes that are among the exceptions.
  const ExceptionRow* row = find_exception(status);
  if (row == nullptr || status < 0x10000) {
    return std::nullopt;
  }
  return row->name;
}

bool is_loader_failure(std::uint32_t status) {
  const StatusRow* row = find_status(status);
  return row != nullptr && row->loader_failure;
}

bool is_error_status(std::uint32_t status) {
  constexpr std::uint32_t kControlCExit = 0xC000013A;  // STATUS_CONTROL_C_EXIT
  return (status & 0xF0000000) == 0xC0000000 && status != kControlCExit;
}

}  // namespace catcher
