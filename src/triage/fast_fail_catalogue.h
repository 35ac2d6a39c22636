#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace catcher {

// What a fail fast says about the process's memory; severity is ranked by it.
enum class FastFailKind {
  kCorruption,  // memory, a stack or control flow was found overwritten
  kMisuse,      // a wrong argument or state, found before it did harm
  kDeliberate,  // the program asked for its own end: abort(), std::terminate()
  kPolicy,      // a mitigation or a policy of the system forbade something
};

// One subcode of __fastfail (ExceptionInformation[0] of STATUS_STACK_BUFFER_OVERRUN).
struct FastFailRow {
  std::uint32_t subcode;
  std::string_view name;     // as winnt.h has it
  std::string_view meaning;  // a few words for a person; empty where the name says it all
  FastFailKind kind;
};

// Every row, in the order of the subcodes.
std::span<const FastFailRow> fast_fail_rows();

// The row of a subcode; null for those that winnt.h does not know (yet).
const FastFailRow* find_fast_fail(std::uint64_t subcode);

// "FAST_FAIL_FATAL_APP_EXIT", or "unknown fail-fast code 4711".
std::string fast_fail_name(std::uint64_t subcode);

}  // namespace catcher
