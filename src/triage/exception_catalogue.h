#pragma once

#include <catcher/exit_code.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace catcher {

// One row of the exception table: a fact about one exception code, under the field's own name.
struct ExceptionRow {
  std::uint32_t code;
  std::string_view name;     // EXCEPTION_ACCESS_VIOLATION, DBG_CONTROL_C, STATUS_HEAP_CORRUPTION
  std::string_view meaning;  // a few words for a person: "access violation"
  ExitCode exit_code;        // how a crash with this code is reported
  bool interesting;  // on the list of --first-chance: a memory or instruction fault that programs rarely raise on
                     // purpose
  bool hardware;     // raised by the processor, so that its second chance must come unless somebody handles it
};

// Every row, in no particular order.
std::span<const ExceptionRow> exception_rows();

// The row of a code; null for codes that nobody documents.
const ExceptionRow* find_exception(std::uint32_t code);

// The field's name, or "0xE1234567" for an unknown code.
std::string exception_name(std::uint32_t code);

// The exit code of a crash with this exception; kCrashOther for unknown codes.
ExitCode exit_code_of_exception(std::uint32_t code);

// Reads "0xC0000005", "3221225477", "-1073741819", "EXCEPTION_ACCESS_VIOLATION", "STATUS_ACCESS_VIOLATION" or
// "ACCESS_VIOLATION", in any case.
std::optional<std::uint32_t> parse_exception_code(std::string_view text);

// The name of an NTSTATUS that a process ended with ("STATUS_DLL_NOT_FOUND"), or nothing.
std::optional<std::string_view> status_name(std::uint32_t status);

// True for exit statuses by which the loader says that a program could never start: a DLL or entry point is missing, an
// image is bad.
bool is_loader_failure(std::uint32_t status);

// True for exit statuses that stand for an error (severity 3 of an NTSTATUS), but for the console's way to end a
// process: Ctrl-C is an interruption.
bool is_error_status(std::uint32_t status);

}  // namespace catcher
